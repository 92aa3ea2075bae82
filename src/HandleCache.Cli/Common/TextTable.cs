using System.Globalization;
using System.Text;

namespace HandleCache.Cli.Common;

/// <summary>Lines of plain ASCII text with numbers the same everywhere.</summary>
internal static class TextTable
{
    /// <summary>Width of a mail.</summary>
    public const int Columns = 80;

    public static string Bytes(double bytes) =>
        bytes.ToString("F2", CultureInfo.InvariantCulture);

    /// <summary>With its sign, for a difference.</summary>
    public static string Difference(double bytes)
    {
        // What rounds to nothing has no sign.
        double shown = Math.Abs(bytes) < 0.005 ? 0 : bytes;
        return shown.ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture);
    }

    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// Appends words, broken before column 80: the first line after <paramref name="first"/>
    /// spaces, later ones after <paramref name="indent"/>.
    /// </summary>
    /// <param name="text">Where to.</param>
    /// <param name="words">Parted by blanks.</param>
    /// <param name="indent">Blanks before every line but the first.</param>
    /// <param name="first">Blanks before the first.</param>
    /// <param name="goesOn">What a line ends with where another follows.</param>
    public static void Paragraph(
        StringBuilder text, string words, int indent, int first = 0, string goesOn = "")
    {
        string margin = new(' ', indent);
        text.Append(' ', first);
        int column = first;
        bool begun = false;
        foreach (string word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (begun && column + 1 + word.Length + goesOn.Length > Columns)
            {
                text.Append(goesOn).Append('\n').Append(margin);
                column = indent;
            }
            else if (begun)
            {
                text.Append(' ');
                column++;
            }

            begun = true;
            text.Append(word);
            column += word.Length;
        }

        text.Append('\n');
    }
}

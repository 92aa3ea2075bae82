using System.Globalization;
using HandleCache.Lab;

namespace HandleCache.Cli.Common;

/// <summary>Numbers as people write them on a command line.</summary>
internal static class Numbers
{
    /// <summary>A count with an optional K, M or G (thousands, millions, milliards).</summary>
    /// <exception cref="BadInputException">Not such a number, or over 10^15.</exception>
    public static long Count(string option, string text)
    {
        string digits = text.TrimEnd('k', 'K', 'm', 'M', 'g', 'G');
        decimal unit = (text.Length - digits.Length, text[^Math.Min(1, text.Length)..]) switch
        {
            (0, _) => 1,
            (1, "k" or "K") => 1_000,
            (1, "m" or "M") => 1_000_000,
            (1, _) => 1_000_000_000,
            _ => 0,
        };
        bool read = decimal.TryParse(
            digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
            out decimal number);
        if (read && unit > 0 && number * unit <= 1e15m && number * unit % 1 == 0)
            return (long)(number * unit);
        throw new BadInputException(
            $"{option} '{text}': not a count such as 1000, 10M or 1.5G");
    }
}

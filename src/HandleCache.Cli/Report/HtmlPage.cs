using System.Globalization;
using System.Net;
using System.Text;
using HandleCache.Lab;

namespace HandleCache.Cli.Report;

/// <summary>One HTML page that needs nothing else: no network, no script, light and dark.</summary>
internal sealed class HtmlPage
{
    private const string Style = """
        :root { color-scheme: light dark; --page: #fff; --ink: #1b1f24; --soft: #59636e;
          --line: #d1d9e0; --band: #f6f8fa; --mark: #ddf4e4; --link: #0550ae;
          --edge: rgb(0 0 0 / .28); }
        @media (prefers-color-scheme: dark) { :root { --page: #10151b; --ink: #e6edf3;
          --soft: #9ba7b4; --line: #38424d; --band: #19212a; --mark: #17402a;
          --link: #79b8ff; --edge: rgb(255 255 255 / .38); } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 68rem; padding: 1rem; background: var(--page);
          color: var(--ink); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
        h1 { font-size: 1.6rem; line-height: 1.25; } h2 { margin-top: 2.5rem;
          border-bottom: 1px solid var(--line); } h3 { margin-top: 1.8rem; }
        a { color: var(--link); } p.note { color: var(--soft); font-size: .9rem; }
        .answer { border-left: 4px solid #1a7f37; background: var(--band);
          padding: .6rem .9rem; }
        .wide { overflow-x: auto; margin: .8rem 0; }
        table { border-collapse: collapse; font-size: .88rem; }
        th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line);
          text-align: right; white-space: nowrap; vertical-align: top; }
        th:first-child, td:first-child, td.text { text-align: left; }
        td.text { white-space: normal; min-width: 11rem; overflow-wrap: normal; }
        thead th { border-bottom: 2px solid var(--line); } tr.best td { background: var(--mark); }
        figure { margin: 1rem 0; overflow-x: auto; }
        .wide, figure, pre { --at: var(--page); background:
          linear-gradient(to right, var(--at) 40%, transparent) 0 0 / 3rem 100% local,
          linear-gradient(to left, var(--at) 40%, transparent) 100% 0 / 3rem 100% local,
          linear-gradient(to right, var(--edge), transparent) 0 0 / 1rem 100% scroll,
          linear-gradient(to left, var(--edge), transparent) 100% 0 / 1rem 100% scroll;
          background-repeat: no-repeat; }
        figure svg { width: 100%; min-width: 38rem; height: auto; display: block; }
        pre { --at: var(--band); background-color: var(--band); padding: .6rem;
          overflow-x: auto; font-size: .85rem; }
        @media (max-width: 640px) {
          table.prose thead { display: none; }
          table.prose tr { display: block; border-bottom: 1px solid var(--line);
            padding: .5rem 0; }
          table.prose td { display: block; text-align: left; white-space: normal;
            border: 0; padding: .1rem 0; }
          table.prose td::before { content: attr(data-name) " "; color: var(--soft); }
          table.prose td:first-child { font-weight: 600; }
        }
        summary { cursor: pointer; color: var(--link); }
        """;

    private readonly StringBuilder _body = new();

    public HtmlPage Heading(int level, string text) =>
        Raw(string.Create(
            CultureInfo.InvariantCulture, $"<h{level}>{Encode(text)}</h{level}>\n"));

    public HtmlPage Text(string text, string kind = "") => Raw(
        $"<p{(kind.Length > 0 ? $" class=\"{kind}\"" : "")}>{Encode(text)}</p>\n");

    public HtmlPage Command(string text) => Raw($"<pre>{Encode(text)}</pre>\n");

    public HtmlPage Picture(string svg, string caption) => Raw(
        $"<figure>{svg}<figcaption><p class=\"note\">{Encode(caption)}</p></figcaption>"
        + "</figure>\n");

    public HtmlPage Fold(string summary)
    {
        _body.Append("<details><summary>").Append(Encode(summary)).Append("</summary>\n");
        return this;
    }

    public HtmlPage EndFold() => Raw("</details>\n");

    /// <summary>
    /// A table; the cells of the columns named in <paramref name="prose"/> may wrap.
    /// </summary>
    public HtmlPage Table(
        IReadOnlyList<string> head, IEnumerable<IReadOnlyList<string>> rows,
        Func<int, bool>? isBest = null, params int[] prose)
    {
        string kind = prose.Length > 0 ? " class=\"prose\"" : "";
        _body.Append("<div class=\"wide\"><table").Append(kind).Append("><thead><tr>");
        foreach (string cell in head)
            _body.Append("<th>").Append(Encode(cell)).Append("</th>");
        _body.Append("</tr></thead><tbody>\n");
        int number = 0;
        foreach (IReadOnlyList<string> row in rows)
        {
            _body.Append(isBest?.Invoke(number++) == true ? "<tr class=\"best\">" : "<tr>");
            for (int i = 0; i < row.Count; i++)
            {
                _body.Append(prose.Contains(i) ? "<td class=\"text\"" : "<td")
                    .Append(" data-name=\"").Append(Encode(head[i])).Append("\">")
                    .Append(Encode(row[i])).Append("</td>");
            }

            _body.Append("</tr>\n");
        }

        return Raw("</tbody></table></div>\n");
    }

    public string Render(string title) => new StringBuilder("<!doctype html>\n")
        .Append("<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
        .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        .Append("<title>").Append(Encode(title)).Append("</title>\n<style>\n")
        .Append(Style).Append("\n</style></head>\n<body>\n")
        .Append(_body).Append("</body></html>\n").ToString();

    /// <summary>Puts a page into a file.</summary>
    /// <exception cref="BadInputException">It cannot be written.</exception>
    public static void Write(string file, string page)
    {
        try
        {
            File.WriteAllText(file, page);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{file}: {e.Message}", e);
        }
    }

    private HtmlPage Raw(string html)
    {
        _body.Append(html);
        return this;
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}

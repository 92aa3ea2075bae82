using System.Text.Json;

namespace HandleCache.Lab.Restart;

/// <summary>What the client process saw.</summary>
public sealed record ClientResult
{
    public long Operations { get; set; }

    /// <summary>Results other than the shadow tree's, less those the written rules name.</summary>
    public long Errors { get; set; }

    /// <summary>Data or identity of another object than the one asked for.</summary>
    public long WrongObject { get; set; }

    /// <summary>ESTALE on an open file without a name, as the written rule says.</summary>
    public long Stale { get; set; }

    /// <summary>
    /// Changes that a server made before it died, without a reply: the kernel tried them again, and
    /// the caller got the errno of that.
    /// </summary>
    public long Repeated { get; set; }

    /// <summary>Names and contents compared at the end.</summary>
    public long Compared { get; set; }

    /// <summary>The first few of the errors, in words.</summary>
    public List<string> Messages { get; init; } = [];

    /// <summary>The first few of the wrong objects: many errors do not crowd them out.</summary>
    public List<string> WrongMessages { get; init; } = [];

    private const int MostMessages = 10;

    public void Add(ClientResult other)
    {
        ArgumentNullException.ThrowIfNull(other);
        Operations += other.Operations;
        Errors += other.Errors;
        WrongObject += other.WrongObject;
        Stale += other.Stale;
        Repeated += other.Repeated;
        Compared += other.Compared;
        Messages.AddRange(other.Messages);
        WrongMessages.AddRange(other.WrongMessages);
    }

    public void Error(string message)
    {
        Errors++;
        if (Messages.Count < MostMessages)
            Messages.Add(message);
    }

    public void Wrong(string message)
    {
        WrongObject++;
        if (WrongMessages.Count < MostMessages)
            WrongMessages.Add(message);
    }

    public string ToLine() => JsonSerializer.Serialize(this, LabJson.Default.ClientResult);

    public static ClientResult FromLine(string line) =>
        JsonSerializer.Deserialize(line, LabJson.Default.ClientResult) ?? new ClientResult();
}

using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload.Steps;

/// <summary>What one thread did: calls by name, comparisons, and those that failed.</summary>
internal sealed class CallLog
{
    private const int KeptUnexpected = 20;

    private readonly Dictionary<string, long> _byCall = [];
    private readonly List<UnexpectedResult> _unexpected = [];

    public long Checks { get; private set; }

    public long UnexpectedCount { get; private set; }

    public long Operations { get; set; }

    public void Count(string call) =>
        System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(
            _byCall, call, out _)++;

    /// <summary>Compares an errno; true when the call succeeded as it had to.</summary>
    public bool Expect(string call, string path, Errno expected, Errno got)
    {
        Check(call, path, expected, got);
        return got == Errno.None && expected == Errno.None;
    }

    /// <summary>Compares a result with what it has to be.</summary>
    public void Check<T>(string call, string path, T expected, T got)
        where T : notnull
    {
        Checks++;
        if (!EqualityComparer<T>.Default.Equals(expected, got))
            Fail(call, path, $"{expected}", $"{got}");
    }

    /// <summary>A rule that holds or not; the texts are for the report.</summary>
    public void Require(bool holds, string call, string path, string expected, string got)
    {
        Checks++;
        if (!holds)
            Fail(call, path, expected, got);
    }

    /// <summary>The logs of all threads as one reply.</summary>
    public static RunReply Merge(IEnumerable<CallLog> logs, IReadOnlyList<string> unsupported)
    {
        SortedDictionary<string, long> byCall = new(StringComparer.Ordinal);
        List<UnexpectedResult> unexpected = [];
        long operations = 0;
        long checks = 0;
        long count = 0;
        foreach (CallLog log in logs)
        {
            foreach ((string call, long calls) in log._byCall)
                byCall[call] = byCall.GetValueOrDefault(call) + calls;
            unexpected.AddRange(log._unexpected);
            operations += log.Operations;
            checks += log.Checks;
            count += log.UnexpectedCount;
        }

        List<UnexpectedResult> kept = [.. unexpected.Take(KeptUnexpected)];
        return new RunReply(operations, byCall, checks, count, kept, unsupported);
    }

    private void Fail(string call, string path, string expected, string got)
    {
        UnexpectedCount++;
        if (_unexpected.Count < KeptUnexpected)
            _unexpected.Add(new UnexpectedResult(call, path, expected, got));
    }
}

using System.Runtime.InteropServices;

namespace HandleCache.Lab.Survey;

/// <summary>What one worker counted. Grows with file systems and lengths, not with files.</summary>
internal sealed class SurveyTally
{
    private const int KeptErrors = 20;

    private readonly Dictionary<Key, long> _counts = [];
    private readonly List<string> _errors = [];
    private Key _lastKey;
    private long _lastCount;
    private long _objects;

    public enum Kind
    {
        Plain,
        NoHandle,
        Connectable,
        NoConnectable,
    }

    public readonly record struct Key(ulong Mount, Kind Kind, uint Type, int Bytes);

    /// <summary>May be read while the worker counts.</summary>
    public long Objects => Volatile.Read(ref _objects);

    public long Directories { get; set; }

    public long Errors { get; private set; }

    public IReadOnlyList<string> ErrorExamples => _errors;

    public void AddObject() => Volatile.Write(ref _objects, _objects + 1);

    /// <summary>One more of a kind; runs of equal ones are summed before they are kept.</summary>
    public void Add(Key key)
    {
        if (key == _lastKey)
        {
            _lastCount++;
            return;
        }

        Flush();
        _lastKey = key;
        _lastCount = 1;
    }

    public void AddError(Func<string> describe)
    {
        Errors++;
        if (_errors.Count < KeptErrors)
            _errors.Add(describe());
    }

    public IReadOnlyDictionary<Key, long> Counts()
    {
        Flush();
        return _counts;
    }

    private void Flush()
    {
        if (_lastCount == 0)
            return;
        CollectionsMarshal.GetValueRefOrAddDefault(_counts, _lastKey, out _) += _lastCount;
        _lastCount = 0;
    }
}

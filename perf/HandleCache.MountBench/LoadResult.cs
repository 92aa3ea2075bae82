namespace HandleCache.MountBench;

/// <summary>All that was measured of one load.</summary>
internal sealed class LoadResult(int contenders)
{
    private readonly Dictionary<Placement, Slices> _slices = new()
    {
        [Placement.Free] = new(),
        [Placement.Together] = new(),
        [Placement.Apart] = new(),
    };

    private readonly double[] _work = new double[contenders];
    private readonly ServerUse[] _use = new ServerUse[contenders];

    /// <summary>Empty where that was not measured.</summary>
    public Slices this[Placement placement] => _slices[placement];

    /// <summary>
    /// What the row shows. Of one client and its server only one runs at a time, and a wake-up
    /// costs more than a request where it goes to another processor: where the scheduler happens
    /// to put them would be measured, not the servers.
    /// </summary>
    public Placement Shown =>
        _slices[Placement.Together].Count > 0 ? Placement.Together : Placement.Free;

    /// <summary>Work units done below one mount, and what its server used for them.</summary>
    public void Use(int contender, double work, ServerUse use)
    {
        _work[contender] += work;
        _use[contender] += use;
    }

    /// <summary>Processor time of a server for one unit of work, microseconds.</summary>
    public double Microseconds(int contender) => 1e6 * _use[contender].Seconds / _work[contender];
}

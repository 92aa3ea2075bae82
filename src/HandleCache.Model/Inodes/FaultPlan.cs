namespace HandleCache.Model.Inodes;

/// <summary>
/// The faults of one cache, looked up once, and where their periods stand. Only a cache built with
/// faults ever changes it.
/// </summary>
internal sealed class FaultPlan(ModelFaults faults)
{
    internal const int TruncatedBytes = 12;

    private const int LosePeriod = 100;
    private const int KeepPeriod = 10;
    private const int SwapPeriod = 5;

    private readonly bool _loseNLookup = faults.Has(ModelFault.LoseNLookup);
    private readonly bool _forgetHeld = faults.Has(ModelFault.ForgetHeld);
    private readonly bool _keepForgotten = faults.Has(ModelFault.KeepForgotten);
    private readonly bool _swapSpilled = faults.Has(ModelFault.SwapSpilled);
    private int _igets;
    private int _forgets;
    private int _spills;

    internal bool SkipHandle { get; } = faults.Has(ModelFault.SkipHandle);

    internal bool TruncateHandle { get; } = faults.Has(ModelFault.TruncateHandle);

    internal bool ForgetOneLess { get; } = faults.Has(ModelFault.ForgetOneLess);

    internal bool DropOldCounts { get; } = faults.Has(ModelFault.DropOldCounts);

    internal bool ReplacedKeepsCounts { get; } = faults.Has(ModelFault.ReplacedKeepsCounts);

    /// <summary>The spilled inode before the present one.</summary>
    internal InodeIndex LastSpilled { get; set; }

    /// <summary>One whose periods stand where this one's do.</summary>
    internal FaultPlan Copy() => (FaultPlan)MemberwiseClone();

    /// <summary>Counts an iget; true where its lookup is to be lost.</summary>
    internal bool LosesLookup() => _loseNLookup && ++_igets % LosePeriod == 0;

    /// <summary>Counts an iget; true where its inode is to be forgotten.</summary>
    internal bool ForgetsHeld() => _forgetHeld && ++_igets % LosePeriod == 0;

    /// <summary>Counts a forget; true where it is to be left undone.</summary>
    internal bool KeepsForgotten() => _keepForgotten && ++_forgets % KeepPeriod == 0;

    /// <summary>Counts a spilled handle; true where it is to change places.</summary>
    internal bool SwapsSpilled() => _swapSpilled && ++_spills % SwapPeriod == 0;
}

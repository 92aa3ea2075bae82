using HandleCache.Protocol.Handles;

namespace HandleCache.Model.Inodes;

/// <summary>
/// The paths of a cache built with <see cref="ModelFaults"/>. A sound cache never comes here.
/// </summary>
public sealed partial class FuseInodeCache
{
    private readonly FaultPlan _faultPlan;

    private IGetResult IGetFaulty(
        ulong nodeId, ulong generation, uint mode, scoped in FileHandle handle)
    {
        int kept = _faultPlan.TruncateHandle
            ? Math.Min(FaultPlan.TruncatedBytes, handle.Bytes.Length)
            : handle.Bytes.Length;
        IGetResult result = Compare(
            nodeId, generation, mode, new FileHandle(handle.Type, handle.Bytes[..kept]));
        if (result.Index.IsNone || result.Index == Root)
            return result;
        if (result.Outcome == IGetOutcome.Replaced)
            SpoilReplacement(result);
        if (_faultPlan.LosesLookup())
            _table.DropLookups(result.Index, 1);
        if (result.Outcome != IGetOutcome.Hit)
            SpoilSpill(result.Index);
        if (_faultPlan.ForgetsHeld())
            ForgetHeld(result.Index);
        return result;
    }

    private WireForget ForgetFaulty(ulong nodeId, ulong count)
    {
        if (_faultPlan.KeepsForgotten())
            return new(WireForgetOutcome.Exact, 0, count);
        return Forget(nodeId, _faultPlan.ForgetOneLess ? count - 1 : count);
    }

    private void SpoilReplacement(IGetResult result)
    {
        if (_faultPlan.ReplacedKeepsCounts)
            _table.AddLookups(result.Index, _table.NLookup(result.Old));
        if (_faultPlan.DropOldCounts)
            _table.SetLookups(result.Old, 0);
    }

    private void SpoilSpill(InodeIndex index)
    {
        if (!_table.Get(index).IsSpilled)
            return;
        InodeIndex last = _faultPlan.LastSpilled;
        bool swap = _faultPlan.SwapsSpilled() && _table.IsLive(last) && _table.Get(last).IsSpilled
            && _table.Handle(last).Bytes.Length == _table.Handle(index).Bytes.Length;
        if (swap)
            _table.SwapSpills(last, index);
        _faultPlan.LastSpilled = index;
    }

    /// <summary>Everything is forgotten, though the inode stays in memory and in use.</summary>
    private void ForgetHeld(InodeIndex index)
    {
        Forgets.Enqueue(_table.NodeId(index), _table.NLookup(index));
        _table.SetLookups(index, 0);
    }
}

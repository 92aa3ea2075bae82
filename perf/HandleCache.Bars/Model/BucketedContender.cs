using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace HandleCache.Bars.Model;

/// <summary>Records in the buckets of their index; handles of 8 bytes alone.</summary>
internal sealed class BucketedContender(Work work, double perBucket) : IContender
{
    private const int InFlight = 128;

    private readonly BucketedTable _table = new(perBucket);

    public long MemoryBytes => _table.MemoryBytes;

    public double Fill() => ThreadClock.Measure(work.Inodes, () =>
    {
        for (ulong i = 0; i < (ulong)work.Inodes; i++)
            IGetNew(Work.FirstNodeId + i);
    });

    public double Hit(bool inFlight) => ThreadClock.Measure(work.Keys.Length, () =>
    {
        int atOnce = inFlight ? InFlight : work.Keys.Length;
        for (int i = 0; i < work.Keys.Length; i += atOnce)
        {
            ReadOnlySpan<ulong> some =
                work.Keys.AsSpan(i, Math.Min(atOnce, work.Keys.Length - i));
            if (inFlight)
                _table.Touch(some);
            HitEach(some);
        }
    });

    public double Forget(bool inFlight)
    {
        ushort[] held = Array.ConvertAll(work.Sample, nodeId => _table.Find(nodeId).NLookup);
        double spent = ThreadClock.Measure(held.Length, () =>
        {
            for (int i = 0; i < held.Length; i++)
            {
                if (inFlight && i % InFlight == 0)
                    _table.Touch(work.Sample.AsSpan(i, Math.Min(InFlight, held.Length - i)));
                ref BucketedTable.Record at = ref _table.Find(work.Sample[i]);
                if (Unsafe.IsNullRef(ref at) || at.NLookup != held[i])
                    throw new InvalidOperationException("a forget did not fit");
                _table.Remove(work.Sample[i]);
            }
        });
        foreach (ulong nodeId in work.Sample)
            IGetNew(nodeId);
        return spent;
    }

    private void HitEach(ReadOnlySpan<ulong> nodeIds)
    {
        Span<byte> handle = stackalloc byte[sizeof(ulong)];
        uint type = work.HandleType;
        foreach (ulong nodeId in nodeIds)
        {
            Work.Handle(nodeId, handle);
            ref BucketedTable.Record at = ref _table.Find(nodeId);
            if (Unsafe.IsNullRef(ref at) || at.Generation != Work.Generation
                || at.Mode != Work.Regular || at.HandleType != type
                || at.HandleBytes != sizeof(ulong)
                || at.Handle != BinaryPrimitives.ReadUInt64LittleEndian(handle))
            {
                throw new InvalidOperationException("an iget did not hit");
            }

            at.NLookup++;
        }
    }

    private void IGetNew(ulong nodeId)
    {
        if (!Unsafe.IsNullRef(ref _table.Find(nodeId)))
            throw new InvalidOperationException("an iget was a hit");
        Span<byte> handle = stackalloc byte[sizeof(ulong)];
        Work.Handle(nodeId, handle);
        _table.Add(new()
        {
            NodeId = nodeId,
            Generation = Work.Generation,
            HandleType = work.HandleType,
            NLookup = 1,
            Mode = (ushort)Work.Regular,
            HandleBytes = sizeof(ulong),
            Handle = BinaryPrimitives.ReadUInt64LittleEndian(handle),
        });
    }
}

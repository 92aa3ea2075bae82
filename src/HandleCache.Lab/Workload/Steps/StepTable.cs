using HandleCache.Protocol;

namespace HandleCache.Lab.Workload.Steps;

/// <summary>The steps of one thread with their weights; draws one after the other.</summary>
internal sealed class StepTable
{
    private readonly List<(int UpTo, Action Step)> _steps = [];
    private readonly SplitMix64 _random;
    private int _total;

    private StepTable(SplitMix64 random) => _random = random;

    /// <summary>Steps on what nobody changes; with a scratch directory those on it too.</summary>
    public static StepTable Build(StepContext context, Scratch? scratch)
    {
        StepTable table = new(context.Random);
        HandleSteps handles = new(context, scratch);
        ReadSteps read = new(context);
        table.Add(20, read.Stat);
        table.Add(4, read.StatMissing);
        table.Add(12, read.OpenAndRead);
        table.Add(5, read.ListWhole);
        table.Add(3, read.ListInParts);
        table.Add(3, read.ReadLink);
        table.Add(4, read.Xattrs);
        table.Add(4, read.Access);
        table.Add(1, read.StatFs);
        table.Add(6, handles.GetShared);
        table.Add(8, handles.OpenKept);
        if (scratch is not null)
            table.AddWriting(context, scratch, handles);
        return table;
    }

    public void TakeOne()
    {
        int drawn = _random.Below(_total);
        _steps.Find(step => drawn < step.UpTo).Step();
    }

    private void AddWriting(StepContext context, Scratch scratch, HandleSteps handles)
    {
        NamePicker picker = new(context.Random, scratch);
        AttributeSteps attributes = new(context, scratch, picker);
        NameSteps names = new(context, scratch, picker, attributes);
        FileSteps files = new(context, scratch, picker, attributes);
        Add(8, () => OrUnlink(names, names.Create));
        Add(3, () => OrUnlink(names, names.MakeDirectory));
        Add(3, () => OrUnlink(names, names.MakeSymlink));
        Add(2, () => OrUnlink(names, names.MakeFifo));
        Add(4, () => OrUnlink(names, names.Link));
        Add(3, () => OrUnlink(names, names.MakeUnnamed));
        Add(10, names.Rename);
        Add(7, names.Unlink);
        Add(3, names.RemoveDirectory);
        Add(1, names.NameTooLong);
        Add(6, files.Open);
        Add(12, files.Write);
        Add(5, files.ReadOpen);
        Add(5, files.ReadByName);
        Add(3, files.TruncateOpen);
        Add(3, files.TruncateByName);
        Add(4, files.Allocate);
        Add(3, files.Seek);
        Add(4, files.Copy);
        Add(1, files.Sync);
        Add(5, files.Close);
        Add(8, attributes.Stat);
        Add(4, attributes.ChangeMode);
        Add(3, attributes.ChangeOwner);
        Add(4, attributes.SetTimes);
        Add(4, attributes.SetXattr);
        Add(4, attributes.GetXattr);
        Add(2, attributes.ListXattr);
        Add(2, attributes.RemoveXattr);
        Add(3, attributes.ReadLink);
        Add(5, attributes.List);
        Add(5, () => GetOwnHandle(picker, handles));
    }

    private static void OrUnlink(NameSteps names, Action make)
    {
        if (names.IsFull)
            names.Unlink();
        else
            make();
    }

    private static void GetOwnHandle(NamePicker picker, HandleSteps handles)
    {
        if (picker.Taken(_ => true) is { } name)
            handles.GetOwn(name);
    }

    private void Add(int weight, Action step)
    {
        _total += weight;
        _steps.Add((_total, step));
    }
}

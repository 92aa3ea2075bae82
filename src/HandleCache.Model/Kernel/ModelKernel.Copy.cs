using HandleCache.Model.Kernel.Fuse;
using HandleCache.Model.Kernel.Vfs;

namespace HandleCache.Model.Kernel;

/// <summary>Checkpoints, so that an exploration does not begin at the mount each time.</summary>
public sealed partial class ModelKernel
{
    private ModelKernel(ModelKernel original, IEntryObserver? entries)
    {
        _options = original._options with { Entries = entries };
        KernelFaults faults = new(_options.Inodes.Faults);
        _fuse = original._fuse.CopyFor(
            _options, faults, _wakes, out Dictionary<Dentry, Dentry> dentries);
        _calls = new(_fuse.SuperBlock, faults, _wakes.Current, _options);
        _calls.CopyFrom(original._calls, dentries, file => ((FuseFile)file).Copy());
    }

    /// <summary>
    /// A kernel in the same state, clock, open files, handles and queued forgets included: the same
    /// calls and replies give the same requests and results. What is done to one leaves the other
    /// alone. The cost is that of what is in memory.
    /// </summary>
    /// <param name="entries">Told of the entries that the copy takes; null for nobody.</param>
    /// <exception cref="InvalidOperationException">
    /// Nothing is mounted, or a call, a notification or a RELEASE is under way.
    /// </exception>
    public ModelKernel Copy(IEntryObserver? entries = null) => new(this, entries);
}

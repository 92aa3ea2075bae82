namespace HandleCache.Model.Kernel;

/// <summary>The faults of the kernel's own rules, looked up once.</summary>
internal sealed class KernelFaults(ModelFaults faults)
{
    private readonly ModelFaults _faults = faults;
    private readonly bool _any = faults.Any;

    public bool Has(ModelFault fault) => _any && _faults.Has(fault);
}

using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Lab;
using HandleCache.Lab.Kernels;
using HandleCache.Lab.Memory;
using HandleCache.Model.Slab;

namespace HandleCache.Cli.Slab;

/// <summary>`slab`: SLUB geometry of one object, or of every cache of the running kernel.</summary>
internal static class SlabCommand
{
    public static Command Build()
    {
        Option<int?> objectSize = new("--object-size") { Description = "Bytes of the object" };
        Option<int> align = new("--align") { Description = "Alignment asked for; 0: none" };
        Option<bool> hwCache = new("--hwcache-align") { Description = "SLAB_HWCACHE_ALIGN" };
        Option<bool> ctor = new("--ctor") { Description = "The cache has a constructor" };
        Option<bool> rcu = new("--rcu") { Description = "SLAB_TYPESAFE_BY_RCU" };
        Option<bool> freePointer = new("--freeptr")
        {
            Description = "A field is named for the free pointer (use_freeptr_offset)",
        };
        Option<bool> account = new("--account") { Description = "SLAB_ACCOUNT: memcg vector" };
        Option<int?> cpus = new("--cpus") { Description = "CPUs present; default: the kernel's" };
        Option<string> kernel = KernelOption();
        Option<bool> verify = new("--verify")
        {
            Description = "Predict every cache of the running kernel, compare with sysfs",
        };
        Option<bool> json = SharedOptions.Json(typeof(SlabDocument), typeof(SlabVerifyDocument));
        Command command = new("slab", "SLUB geometry of an object, step by step (derived)")
        {
            objectSize, align, hwCache, ctor, rcu, freePointer, account, cpus, kernel, verify, json,
        };
        command.SetAction(parsed => CommandRunner.Run(parsed, () =>
        {
            int? size = parsed.GetValue(objectSize);
            if (parsed.GetValue(verify))
            {
                if (size is not null || parsed.GetValue(cpus) is not null)
                    throw new BadInputException("--verify takes no object and no CPUs");
                if (parsed.GetValue(kernel) != KernelProfiles.RunningName)
                    throw new BadInputException("--verify is for the running kernel only");
                return Verify(parsed);
            }

            if (size is null)
                throw new BadInputException("slab needs --object-size BYTES, or --verify");
            SlabObject slabObject = new(size.Value)
            {
                AlignBytes = parsed.GetValue(align),
                HwCacheAlign = parsed.GetValue(hwCache),
                Ctor = parsed.GetValue(ctor),
                Rcu = parsed.GetValue(rcu),
                FreePointerGiven = parsed.GetValue(freePointer),
                Account = parsed.GetValue(account),
            };
            SlabResult result = SlabExperiment.Geometry(
                parsed.GetValue(kernel)!, parsed.GetValue(cpus), slabObject);
            CommandRunner.Report(
                parsed,
                () => SlabDocument.Of(result),
                () => SlabRenderer.ToText(result));
            return ExitCode.Success;
        }));
        return command;
    }

    /// <summary>--kernel as every command of the memory model takes it.</summary>
    internal static Option<string> KernelOption()
    {
        Option<string> option = new("--kernel")
        {
            Description = $"{string.Join(", ", KernelProfiles.ShippedNames)}, this, or FILE.json",
            DefaultValueFactory = _ => KernelProfiles.RunningName,
        };
        option.CompletionSources.Add(SharedOptions.KernelNames);
        return option;
    }

    private static int Verify(ParseResult parsed)
    {
        SlabVerifyResult result = SlabExperiment.Verify();
        CommandRunner.Report(
            parsed,
            () => SlabVerifyDocument.Of(result),
            () => SlabRenderer.ToText(result));
        return result.Holds ? ExitCode.Success : ExitCode.CheckFailed;
    }
}

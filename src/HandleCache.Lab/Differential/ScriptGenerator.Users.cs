using HandleCache.Model.Kernel;
using HandleCache.Protocol;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Differential;

/// <summary>Scripts in which others than root call, too.</summary>
public static partial class ScriptGenerator
{
    private const int UsersOneIn = 4;

    private const uint User = 1000;

    /// <summary>A group of which nobody is, but by an access control list.</summary>
    private const uint Group = 5;

    /// <summary>
    /// One script in four: root opens its tree to all, calls come from root and from a user, and
    /// objects are given away. Their kinds and paths are what they were.
    /// </summary>
    private static Script WithUsers(Script script)
    {
        SplitMix64 random = new(SplitMix64.Mix(script.Seed, UsersOneIn));
        if (!random.OneIn(UsersOneIn))
            return script;
        List<VfsCall> calls = [];
        foreach (VfsCall call in script.Calls)
            calls.Add(WithUser(random, call));
        VfsCall open = new(VfsCallKind.ChMod) { Path = ".", Mode = FileModes.Octal777 };
        calls.Insert(Math.Min(1, calls.Count), open);
        return script with
        {
            Server = script.Server with { HasAcls = random.OneIn(2) },
            Calls = calls,
        };
    }

    private static VfsCall WithUser(SplitMix64 random, VfsCall call)
    {
        call = call.Kind switch
        {
            VfsCallKind.ChOwn => call with
            {
                Owner = random.Pick<uint?>(null, 0, User, User),
                Mode = random.Pick(0u, Group, User),
            },
            VfsCallKind.MkDir => call with
            {
                Mode = random.Pick(FileModes.Octal777, FileModes.Octal755, 0x1F8u),
            },
            VfsCallKind.ChMod => call with
            {
                // Without the sticky bit: protected_symlinks and its kin are not modelled.
                Mode = (call.Mode & ~FileModes.Sticky) | random.Pick(0u, 0x3Fu, 0x38u),
            },
            _ => call,
        };
        bool isRoots = call.Kind is VfsCallKind.OpenByHandle or VfsCallKind.Sleep
            or >= VfsCallKind.NotifyInvalInode || call.Slot == ModelKernel.MountSlot;
        if (isRoots || random.OneIn(2))
            return call;
        return call with
        {
            Uid = User,
            Flags = call.Kind == VfsCallKind.Access ? call.Flags | AtFlags.EAccess : call.Flags,
        };
    }
}

using System.Globalization;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Linux.Tests;

public class CredentialsTests
{
    [Fact]
    public void A_file_made_under_another_identity_belongs_to_it_and_the_thread_returns()
    {
        if (Credentials.EffectiveUserId != 0)
            Assert.Skip("acting as another user needs root");
        using TempFolder folder = new();
        Metadata.ChangeMode(folder.Descriptor, FileModes.Octal777);
        uint[] before = FileSystemIdentity.CurrentGroups();
        using (FileSystemIdentity.Assume(1234, 4321, [777u, 778u]))
        {
            Assert.Equal([777u, 778u], FileSystemIdentity.CurrentGroups());
            Assert.Equal(Errno.None, Names.MakeDirectory(folder.Descriptor, "as\0"u8, 0x1C0));
        }

        Assert.Equal(before, FileSystemIdentity.CurrentGroups());
        Assert.Equal(Errno.None, Names.MakeDirectory(folder.Descriptor, "root\0"u8, 0x1C0));
        Assert.Equal((1234u, 4321u), OwnerOf(folder, "as"));
        Assert.Equal(Credentials.EffectiveUserId, OwnerOf(folder, "root").Uid);
    }

    [Fact]
    public void Another_identity_has_no_right_that_is_only_roots()
    {
        if (Credentials.EffectiveUserId != 0)
            Assert.Skip("acting as another user needs root");
        using TempFolder folder = new();
        Metadata.ChangeMode(folder.Descriptor, FileModes.Octal755);
        using (FileSystemIdentity.Assume(1234, 4321))
            Assert.Equal(Errno.EACCES, Names.MakeDirectory(folder.Descriptor, "x\0"u8, 0x1C0));
        Assert.Equal(Errno.None, Names.MakeDirectory(folder.Descriptor, "x\0"u8, 0x1C0));
    }

    [Fact]
    public void An_identity_with_capabilities_makes_files_where_the_user_could_not()
    {
        if (Credentials.EffectiveUserId != 0)
            Assert.Skip("acting as another user needs root");
        using TempFolder folder = new();
        Metadata.ChangeMode(folder.Descriptor, 0x1C0);
        using (FileSystemIdentity.AssumeKeepingCapabilities(1234, 4321))
            Assert.Equal(Errno.None, Names.MakeDirectory(folder.Descriptor, "x\0"u8, 0x1C0));
        Assert.Equal((1234u, 4321u), OwnerOf(folder, "x"));
        using (FileSystemIdentity.Assume(1234, 4321))
            Assert.Equal(Errno.EACCES, Names.MakeDirectory(folder.Descriptor, "y\0"u8, 0x1C0));
        Assert.Equal(Errno.None, Names.MakeDirectory(folder.Descriptor, "y\0"u8, 0x1C0));
    }

    [Fact]
    public void An_identity_is_of_one_thread()
    {
        if (Credentials.EffectiveUserId != 0)
            Assert.Skip("acting as another user needs root");
        using TempFolder folder = new();
        Metadata.ChangeMode(folder.Descriptor, FileModes.Octal777);
        using ManualResetEventSlim assumed = new();
        uint[] groups = [];
        Thread other = new(() =>
        {
            assumed.Wait();
            groups = FileSystemIdentity.CurrentGroups();
            Names.MakeDirectory(folder.Descriptor, "x\0"u8, 0x1C0);
        });
        // A thread is born with the identity of the one that starts it: start it before.
        other.Start();
        using (FileSystemIdentity.Assume(1234, 4321, [777u]))
        {
            assumed.Set();
            other.Join();
        }

        Assert.DoesNotContain(777u, groups);
        Assert.Equal(0u, OwnerOf(folder, "x").Uid);
    }

    [Fact]
    public void A_umask_is_of_one_thread_after_unsharing_the_file_system_state()
    {
        using TempFolder folder = new();
        uint seen = 0;
        uint processMask = Credentials.Umask(0x12);
        try
        {
            Thread other = new(() =>
            {
                MountNamespace.UnshareFileSystemState();
                Credentials.Umask(0x3F);
            });
            other.Start();
            other.Join();
            seen = Credentials.Umask(0x12);
        }
        finally
        {
            Credentials.Umask(processMask);
        }

        Assert.Equal(0x12u, seen);
    }

    [Fact]
    public void Capabilities_are_those_of_the_status_file()
    {
        bool root = Credentials.EffectiveUserId == 0;
        const int DacOverride = 1;
        if (!root)
            Assert.False(Credentials.HasCapability(DacOverride));
        else
            Assert.True(Credentials.HasCapability(DacOverride));
        Assert.False(Credentials.HasCapability(63));
    }

    [Fact]
    public void A_signal_to_no_process_is_ESRCH_and_pid_0_is_refused()
    {
        Assert.Equal(Errno.ESRCH, Processes.Signal(int.MaxValue, Processes.Terminate));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => Processes.Signal(0, Processes.Terminate));
        Assert.True(Processes.CurrentThreadId > 0);
    }

    private static (uint Uid, uint Gid) OwnerOf(TempFolder folder, string name)
    {
        Errno errno = Metadata.Statx(folder.Descriptor, CString.FromString(name),
            AtFlags.SymlinkNoFollow, StatxMask.BasicStats, out Statx statx);
        Assert.Equal(Errno.None, errno);
        return (statx.Uid, statx.Gid);
    }

    [Fact]
    public void Another_process_is_asked_by_its_number_and_one_that_is_not_there_gives_nothing()
    {
        Assert.Equal(
            Credentials.WhyNotMountFuse() is not { } why
                || !why.Contains("CAP_SYS_ADMIN", StringComparison.Ordinal),
            Credentials.HasCapability((uint)Environment.ProcessId, Credentials.SysAdmin));
        // The kernel threads' parent has all capabilities; no process has the largest number.
        Assert.True(Credentials.HasCapability(2, Credentials.SysAdmin) ?? true);
        Assert.Null(Credentials.HasCapability(uint.MaxValue, Credentials.SysAdmin));
        uint self = (uint)Environment.ProcessId;
        Assert.All(FileSystemIdentity.CurrentGroups(), gid =>
            Assert.True(Credentials.IsInGroup(self, gid)));
        Assert.False(Credentials.IsInGroup(self, 4_000_000));
        Assert.Null(Credentials.IsInGroup(uint.MaxValue, 0));
    }

    [Fact]
    public void The_descriptor_limit_is_raised_and_never_lowered()
    {
        ulong before = DescriptorLimit.Current;

        DescriptorLimit.Raise();

        ulong raised = DescriptorLimit.Current;
        Assert.True(raised >= before, $"{raised} is below {before}");
        DescriptorLimit.Raise();
        Assert.Equal(raised, DescriptorLimit.Current);
    }

    [Fact]
    public void A_low_limit_is_raised_to_what_the_kernel_allows_root()
    {
        const int SysResource = 24;
        if (!Credentials.HasCapability(SysResource))
            Assert.Skip("raising the hard limit needs CAP_SYS_RESOURCE");
        ulong most = ulong.Parse(
            File.ReadAllText("/proc/sys/fs/nr_open"), CultureInfo.InvariantCulture);
        ulong before = DescriptorLimit.Current;

        DescriptorLimit.Raise();

        Assert.Equal(Math.Max(before, Math.Min(most, 1 << 20)), DescriptorLimit.Current);
    }
}

using System.Globalization;
using HandleCache.Linux.Btf;
using Xunit;

namespace HandleCache.Linux.Tests.Btf;

/// <summary>The reader agrees with pahole, which reads the same BTF.</summary>
public sealed class PaholeTests
{
    public static TheoryData<string> Structs =>
    [
        "fuse_inode", "inode", "dentry", "super_block", "file", "sk_buff", "sock", "task_struct",
        "mm_struct", "vm_area_struct", "fuse_conn", "fuse_req", "kmem_cache", "page",
        "fanotify_fid_event", "file_operations", "timespec64", "iphdr",
    ];

    [Theory]
    [MemberData(nameof(Structs))]
    public void Every_member_has_the_offset_and_size_that_pahole_prints(string name)
    {
        Assert.SkipUnless(
            File.Exists(BtfSource.KernelPath), "this kernel shows no BTF (CONFIG_DEBUG_INFO_BTF)");
        Assert.SkipUnless(Pahole.IsInstalled, "pahole is not installed (apt install dwarves)");
        IReadOnlyList<Pahole.Line> expected = Pahole.Read(name);
        Assert.SkipWhen(expected.Count == 0, $"this kernel has no struct {name}");

        Assert.True(
            BtfSource.TryOpen(BtfSource.KernelPath, null, out BtfFile? file, out string? e), e);
        Assert.True(
            BtfStructReader.TryRead(file!, name, out BtfStruct? read, out BtfError error),
            error.ToString());
        List<Pahole.Line> actual = [];
        Flatten(read!.Members, 0, actual);
        Assert.Equal(expected.Select(Text), actual.Select(Text));
    }

    private static string Text(Pahole.Line line) => string.Create(
        CultureInfo.InvariantCulture, $"{line.Name} bit {line.Bit} size {line.Size}");

    /// <summary>
    /// In the order pahole prints: a nested type's members ahead of its own line.
    /// </summary>
    private static void Flatten(
        IReadOnlyList<BtfMember> members, long baseBits, List<Pahole.Line> into)
    {
        foreach (BtfMember member in members)
        {
            long bits = baseBits + member.BitOffset;
            Flatten(member.Members, bits, into);
            into.Add(new Pahole.Line(member.Name, bits, member.SizeBytes));
        }
    }
}

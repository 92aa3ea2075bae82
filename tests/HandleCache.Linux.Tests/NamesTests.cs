using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Linux.Tests;

public class NamesTests
{
    [Fact]
    public void A_name_without_a_NUL_never_reaches_the_kernel()
    {
        using TempFolder folder = new();
        Assert.Throws<ArgumentException>(
            () => Names.MakeDirectory(folder.Descriptor, "plain"u8, FileModes.Octal755));
        Assert.Throws<ArgumentException>(
            () => Names.Unlink(folder.Descriptor, default, 0));
        Assert.Throws<ArgumentException>(() => CString.FromString("a\0b"));
    }

    [Fact]
    public void Renameat2_NOREPLACE_keeps_the_target_and_EXCHANGE_swaps()
    {
        using TempFolder folder = new();
        folder.Write("a", "A");
        folder.Write("b", "B");
        FileDescriptor dir = folder.Descriptor;
        Assert.Equal(Errno.EEXIST,
            Names.Rename(dir, "a\0"u8, dir, "b\0"u8, RenameFlags.NoReplace));
        Assert.Equal("B", File.ReadAllText($"{folder.Path}/b"));
        Assert.Equal(Errno.None,
            Names.Rename(dir, "a\0"u8, dir, "b\0"u8, RenameFlags.Exchange));
        Assert.Equal("B", File.ReadAllText($"{folder.Path}/a"));
        Assert.Equal("A", File.ReadAllText($"{folder.Path}/b"));
        Assert.Equal(Errno.None, Names.Rename(dir, "a\0"u8, dir, "b\0"u8, 0));
        Assert.False(File.Exists($"{folder.Path}/a"));
        Assert.Equal("B", File.ReadAllText($"{folder.Path}/b"));
        Assert.Equal(Errno.EINVAL, Names.Rename(dir, "b\0"u8, dir, "c\0"u8,
            RenameFlags.Exchange | RenameFlags.NoReplace));
    }

    [Fact]
    public void Each_failure_keeps_its_errno()
    {
        using TempFolder folder = new();
        folder.Write("file", "x");
        FileDescriptor dir = folder.Descriptor;
        Assert.Equal(Errno.None, Names.MakeDirectory(dir, "sub\0"u8, FileModes.Octal755));
        Assert.Equal(Errno.EEXIST, Names.MakeDirectory(dir, "sub\0"u8, FileModes.Octal755));
        Assert.Equal(Errno.ENOENT, Names.Unlink(dir, "absent\0"u8, 0));
        Assert.Equal(Errno.EISDIR, Names.Unlink(dir, "sub\0"u8, 0));
        Assert.Equal(Errno.ENOTDIR, Names.Unlink(dir, "file\0"u8, AtFlags.RemoveDir));
        Assert.Equal(Errno.None, Names.MakeDirectory(dir, "sub/deep\0"u8, FileModes.Octal755));
        Assert.Equal(Errno.ENOTEMPTY, Names.Unlink(dir, "sub\0"u8, AtFlags.RemoveDir));
        Assert.Equal(Errno.ENOTDIR, Names.MakeDirectory(dir, "file/x\0"u8, FileModes.Octal755));
        byte[] tooLong = new byte[257];
        tooLong.AsSpan(0, 256).Fill((byte)'n');
        Assert.Equal(Errno.ENAMETOOLONG, Names.MakeDirectory(dir, tooLong, FileModes.Octal755));
        Assert.Equal(Errno.EINVAL, Names.ReadLink(dir, "file\0"u8, new byte[8]).Errno);
        Assert.Null(Files.OpenAt(dir, "absent\0"u8, 0, 0, out Errno errno));
        Assert.Equal(Errno.ENOENT, errno);
        Assert.Equal(2, (int)Errno.ENOENT);
        Assert.Equal(116, (int)Errno.ESTALE);
    }

    [Fact]
    public void A_name_is_bytes_and_need_not_be_UTF8()
    {
        using TempFolder folder = new();
        byte[] name = [0xFF, 0xFE, (byte)'x', 0];
        Assert.Equal(Errno.None, Names.MakeDirectory(folder.Descriptor, name, FileModes.Octal755));
        Assert.Equal(
            Errno.EEXIST, Names.MakeDirectory(folder.Descriptor, name, FileModes.Octal755));
        Assert.Equal(Errno.None,
            Names.Unlink(folder.Descriptor, name, AtFlags.RemoveDir));
    }

    [Fact]
    public void A_nameless_file_gets_a_name_by_its_descriptor()
    {
        using TempFolder folder = new();
        using FileDescriptor? nameless = Files.OpenAt(folder.Descriptor, ".\0"u8,
            OpenFlags.TmpFile | OpenFlags.ReadWrite, FileModes.Octal644, out Errno errno);
        if (errno == Errno.EOPNOTSUPP)
            Assert.Skip("the temp folder's file system has no O_TMPFILE");
        Assert.Equal(Errno.None, errno);
        Assert.Equal(5, Files.WriteAt(nameless!, "hello"u8, 0).Value);
        Assert.Equal(Errno.None,
            Names.LinkDescriptor(nameless!, folder.Descriptor, "named\0"u8));
        Assert.Equal("hello", File.ReadAllText($"{folder.Path}/named"));
    }

    [Fact]
    public void Nodes_and_links_are_what_statx_says()
    {
        using TempFolder folder = new();
        FileDescriptor dir = folder.Descriptor;
        Assert.Equal(Errno.None, Names.MakeNode(dir, "pipe\0"u8, FileModes.Fifo | 0x180, 0));
        Assert.Equal(Errno.None, Names.Link(dir, "pipe\0"u8, dir, "again\0"u8, 0));
        Assert.Equal(Errno.None, Metadata.Statx(dir, "again\0"u8, AtFlags.SymlinkNoFollow,
            StatxMask.BasicStats, out Statx statx));
        Assert.Equal(FileModes.Fifo, statx.Mode & FileModes.TypeMask);
        Assert.Equal(2u, statx.NLink);
    }

    [Fact]
    public void A_directory_of_1000_names_is_read_whole_and_resumed_at_any_cookie()
    {
        using TempFolder folder = new();
        HashSet<string> expected = [".", ".."];
        for (int i = 0; i < 1000; i++)
        {
            folder.Write($"name-{i}", "");
            expected.Add($"name-{i}");
        }

        List<(string Name, long Cookie)> seen = ReadFrom(folder.Descriptor, 0);
        Assert.Equal(1002, seen.Count);
        Assert.Equal(expected, seen.Select(entry => entry.Name).ToHashSet());
        List<(string Name, long Cookie)> rest = ReadFrom(folder.Descriptor, seen[499].Cookie);
        Assert.Equal(seen.Skip(500), rest);
    }

    private static List<(string Name, long Cookie)> ReadFrom(FileDescriptor dir, long cookie)
    {
        Assert.False(Files.Seek(dir, cookie, 0).Failed);
        byte[] buffer = new byte[4096];
        List<(string Name, long Cookie)> seen = [];
        while (true)
        {
            SysResult filled = DirectoryReader.Fill(dir, buffer);
            Assert.Equal(Errno.None, filled.Errno);
            if (filled.Value == 0)
                return seen;
            DirectoryReader reader = new(buffer.AsSpan(0, (int)filled.Value));
            while (reader.TryNext(out DirectoryEntry entry))
            {
                Assert.Equal(entry.Name is [(byte)'.', ..], entry.IsDotOrDotDot);
                seen.Add((System.Text.Encoding.UTF8.GetString(entry.Name), entry.NextOffset));
            }
        }
    }

    [Fact]
    public void A_directory_record_that_lies_about_its_length_ends_the_walk()
    {
        byte[] record = new byte[24];
        record[16] = 200;
        DirectoryReader tooLong = new(record);
        Assert.False(tooLong.TryNext(out _));
        record[16] = 5;
        DirectoryReader tooShort = new(record);
        Assert.False(tooShort.TryNext(out _));
    }
}

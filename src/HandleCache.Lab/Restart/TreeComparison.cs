using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Restart;

/// <summary>Every name and every byte of two trees.</summary>
internal static class TreeComparison
{
    private const int BlockBytes = 1 << 16;

    public static void Compare(TreePair pair, string directory)
    {
        foreach (string name in pair.CompareNames(directory.Length == 0 ? "." : directory))
        {
            string path = BytePath.Join(directory, name);
            pair.CompareStat(path);
            pair.Result.Compared++;
            if (TreePair.Stat(pair.Shadow, path, out Statx statx) != Errno.None)
                continue;
            if (FileModes.IsDirectory(statx.Mode))
                Compare(pair, path);
            else if (FileModes.IsRegular(statx.Mode))
                CompareFile(pair, path, (long)statx.SizeBytes);
            else if (FileModes.IsSymlink(statx.Mode))
                CompareLink(pair, path);
        }
    }

    private static void CompareFile(TreePair pair, string path, long lengthBytes)
    {
        byte[] name = BytePath.ToBytes(path);
        using FileDescriptor? mounted =
            Files.OpenAt(pair.Mount, name, OpenFlags.ReadOnly, 0, out Errno got);
        using FileDescriptor? shadowed =
            Files.OpenAt(pair.Shadow, name, OpenFlags.ReadOnly, 0, out Errno want);
        if (mounted is null || shadowed is null)
        {
            pair.Result.Error($"open {path}: {got} instead of {want}");
            return;
        }

        using PairFile file = new(
            path, new OpenDescriptor(mounted), new OpenDescriptor(shadowed), pair.Result,
            pair.LosesReadErrors);
        for (long at = 0; at < lengthBytes; at += BlockBytes)
            file.Compare(at, BlockBytes);
        byte[] gotValue = new byte[64];
        byte[] wantValue = new byte[64];
        SysResult a = Xattrs.Get(mounted, "user.k\0"u8, gotValue);
        SysResult b = Xattrs.Get(shadowed, "user.k\0"u8, wantValue);
        if (a != b || !gotValue.AsSpan().SequenceEqual(wantValue))
            pair.Result.Wrong($"getxattr {path}: {a.Errno} instead of {b.Errno}");
    }

    private static void CompareLink(TreePair pair, string path)
    {
        byte[] name = BytePath.ToBytes(path);
        byte[] got = new byte[4096];
        byte[] want = new byte[4096];
        SysResult a = Names.ReadLink(pair.Mount, name, got);
        SysResult b = Names.ReadLink(pair.Shadow, name, want);
        if (a != b || !got.AsSpan().SequenceEqual(want))
            pair.Result.Wrong($"readlink {path} differs");
    }
}

using System.Globalization;

namespace HandleCache.MountBench;

/// <summary>A server to be measured: its name in the table and how it is started.</summary>
/// <param name="Name">As the table has it.</param>
/// <param name="Program">What is run.</param>
/// <param name="Arguments">
/// For a source, a mount point and how long names and attributes are valid (seconds).
/// </param>
/// <param name="DescriptorPerInode">
/// It keeps a descriptor for each inode the kernel knows, so its limit of open files bounds
/// those.
/// </param>
internal sealed record Contender(
    string Name,
    string Program,
    Func<string, string, int, string[]> Arguments,
    bool DescriptorPerInode = false)
{
    public const string LibfuseExample = "passthrough_ll";
    public const string Ours = "HandleCache";
    public const string OursOverRing = "HandleCache over io_uring";

    /// <summary>libfuse's example; threads that wait idle are kept as by its own default.</summary>
    public static Contender Libfuse(string program) => new(
        LibfuseExample,
        program,
        (source, mountPoint, timeout) =>
        [
            "-f",
            "-o", "max_idle_threads=10",
            "-o", string.Create(CultureInfo.InvariantCulture,
                $"source={source},timeout={timeout},cache=auto,no_writeback,no_xattr"),
            "-o", "allow_other,default_permissions,nosuid,nodev",
            mountPoint,
        ],
        DescriptorPerInode: true);

    /// <summary>This project's server, with further options of <c>handlecache mount</c>.</summary>
    public static Contender HandleCache(string name, string program, params string[] options) =>
        new(
        name,
        program,
        (source, mountPoint, timeout) =>
        [
            "mount", source, mountPoint,
            "--timeout", timeout.ToString(CultureInfo.InvariantCulture),
            "--readdirplus", "auto",
            .. options,
        ]);
}

namespace HandleCache.Lab.Guests;

/// <summary>
/// Compiler, binutils and kbuild of another Debian release, unpacked in a folder and run from
/// there with the C library of that folder: no chroot, so neither root nor mounts are needed.
/// </summary>
internal static class ForeignTools
{
    /// <summary>The variable that says where the folder is; it may be moved.</summary>
    private const string Root = "HANDLECACHE_TOOLS";

    private const string Loader = "usr/lib64/ld-linux-x86-64.so.2";

    private const string Libraries = "usr/lib/x86_64-linux-gnu";

    private const string Renamed = ".elf";

    /// <summary>As the folder's programs name it.</summary>
    private const string Interpreter = "/lib64/ld-linux-x86-64.so.2";

    /// <summary>Whether the folder has a C library, and its programs are to run with it.</summary>
    public static bool AreIn(string folder) => File.Exists(Path.Combine(folder, Loader));

    /// <summary>
    /// Puts a script of its name in place of each program, which gives the program to the
    /// folder's own loader: the one that its file names is the machine's.
    /// </summary>
    public static void Wrap(string folder)
    {
        EnumerationOptions everywhere = new()
        {
            RecurseSubdirectories = true,
            AttributesToSkip = FileAttributes.ReparsePoint,
        };
        string[] places =
        [
            Path.Combine(folder, "usr/bin"), Path.Combine(folder, "usr/libexec"),
            .. Directory.GetDirectories(Path.Combine(folder, "usr/lib"), "linux-kbuild-*"),
        ];
        string[] programs =
        [
            .. places.Where(Directory.Exists)
                .SelectMany(place => Directory.GetFiles(place, "*", everywhere))
                .Where(file => ElfInterpreter.Of(file) == Interpreter),
        ];
        foreach (string file in programs)
        {
            // A copy has the file's mode, and so has what is written into the file.
            File.Copy(file, file + Renamed);
            File.WriteAllText(
                file,
                $"#!/bin/sh\nexec \"${Root}/{Loader}\" --argv0 \"$0\" "
                + $"--library-path \"${Root}/{Libraries}\" "
                + $"\"${Root}/{Path.GetRelativePath(folder, file)}{Renamed}\" \"$@\"\n");
        }
    }

    /// <summary>What a program that calls them has to have in its environment.</summary>
    public static IReadOnlyDictionary<string, string> Environment(string folder) =>
        new Dictionary<string, string>
        {
            [Root] = folder,
            ["PATH"] = Path.Combine(folder, "usr/bin") + ":"
                + System.Environment.GetEnvironmentVariable("PATH"),
        };
}

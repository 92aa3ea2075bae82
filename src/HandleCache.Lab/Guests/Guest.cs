using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using HandleCache.Linux;

namespace HandleCache.Lab.Guests;

/// <summary>
/// One boot of a kernel under QEMU with the program inside: an initramfs of busybox and
/// the program, all on tmpfs; what the job prints comes back over a serial line.
/// </summary>
internal static class Guest
{
    /// <summary>Boots and runs a job; what it printed, or null where the guest hung.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="program">The program: a file that needs no other.</param>
    /// <param name="job">A shell script; its output on the result line is what comes back.</param>
    /// <param name="options">Processors and memory.</param>
    /// <param name="progress">Gets the job's own lines that begin with "# ".</param>
    /// <param name="cancel">Ends the guest.</param>
    public static string? Run(
        GuestKernel kernel, string program, string job, KernelLabOptions options,
        Action<string> progress, CancellationToken cancel)
    {
        string folder = Directory.CreateTempSubdirectory("handlecache-guest-").FullName;
        try
        {
            string results = Path.Combine(folder, "results");
            File.WriteAllText(results, "");
            string initrd = Path.Combine(folder, "initrd");
            WriteInitramfs(initrd, kernel, program, job);
            ProcessStartInfo start = new(
                "qemu-system-x86_64",
                [
                    .. Machine(kernel, initrd, options), "-display", "none",
                    "-serial", $"file:{Path.Combine(folder, "console")}",
                    "-serial", $"file:{results}",
                ])
            {
                RedirectStandardInput = true,
                RedirectStandardError = true,
            };
            start.Environment["TMPDIR"] = folder;
            using Process qemu = Tool.Start(start);
            Task<string> error = qemu.StandardError.ReadToEndAsync(CancellationToken.None);
            bool ended = Watch(qemu, results, progress, cancel);
            if (ended && qemu.ExitCode != 0)
            {
                throw new MissingRequirementException(
                    $"qemu-system-x86_64 ended with {qemu.ExitCode}: "
                    + error.GetAwaiter().GetResult().Trim());
            }

            if (options.Keep is { } keep)
                Save(folder, KeptIn(keep, kernel.Version)!);
            string text = File.ReadAllText(results);
            return ended && text.Contains(GuestJob.Done, StringComparison.Ordinal) ? text : null;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Where console and results of a version are kept, if they are.</summary>
    public static string? KeptIn(string? keep, string version) =>
        keep is null ? null : Path.Combine(keep, version);

    /// <summary>Boots to a shell on this terminal.</summary>
    public static int Shell(GuestKernel kernel, string program, KernelLabOptions options)
    {
        string folder = Directory.CreateTempSubdirectory("handlecache-guest-").FullName;
        try
        {
            string initrd = Path.Combine(folder, "initrd");
            WriteInitramfs(initrd, kernel, program, GuestJob.Shell);
            ProcessStartInfo start = new(
                "qemu-system-x86_64",
                [.. Machine(kernel, initrd, options), "-nographic", "-serial", "mon:stdio"]);
            using Process qemu = Tool.Start(start);
            qemu.WaitForExit();
            return qemu.ExitCode;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // QEMU 7.2 emulates cmpxchg16b wrongly now and then, and SLUB's fast path breaks: the kernel is
    // told to do without (X86_FEATURE_CX16, bit 13 of word 4), while the program, which updates
    // dispatch cells with it, still has it.
    private static string[] Machine(
        GuestKernel kernel, string initrd, KernelLabOptions options) =>
    [
        "-accel", "tcg,thread=multi", "-cpu", "max", "-machine", "q35",
        "-smp", options.Cpus.ToString(CultureInfo.InvariantCulture), "-m", "3G",
        "-kernel", kernel.Image, "-initrd", initrd,
        "-append", "console=ttyS0 panic=-1 quiet loglevel=4 mitigations=off nokaslr "
            + "random.trust_cpu=on clearcpuid=141 " + options.Append,
        "-nodefaults", "-no-reboot", "-device", "virtio-rng-pci",
    ];

    /// <summary>
    /// Waits for the guest to power off; false where it was silent for too long and was ended.
    /// </summary>
    private static bool Watch(
        Process qemu, string results, Action<string> progress, CancellationToken cancel)
    {
        using StreamReader lines = new(new FileStream(
            results, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        GuestPulse pulse = new();
        try
        {
            while (!qemu.WaitForExit(200))
            {
                cancel.ThrowIfCancellationRequested();
                while (lines.ReadLine() is { } line)
                {
                    pulse.Line(Used(qemu));
                    if (line.StartsWith(GuestJob.Progress, StringComparison.Ordinal))
                        progress(line[GuestJob.Progress.Length..].Trim());
                }

                if (pulse.IsLost(Used(qemu), Processes.WantProcessor(qemu.Id)))
                    return false;
            }

            return true;
        }
        finally
        {
            Tool.Kill(qemu);
            qemu.WaitForExit();
        }
    }

    /// <summary>Processor time that it has used; none where it has just ended.</summary>
    private static TimeSpan Used(Process qemu)
    {
        try
        {
            return qemu.TotalProcessorTime;
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            return TimeSpan.Zero;
        }
    }

    private static void WriteInitramfs(
        string file, GuestKernel kernel, string program, string job)
    {
        using FileStream output = File.Create(file);
        Initramfs initramfs = new(output);
        foreach (string folder in GuestJob.Folders)
            initramfs.Folder(folder);
        initramfs.File("bin/busybox", File.ReadAllBytes(GuestTools.Busybox), isProgram: true);
        initramfs.Link("bin/sh", "busybox");
        initramfs.File("bin/handlecache", File.ReadAllBytes(program), isProgram: true);
        foreach ((string set, IReadOnlyList<GuestModule> modules) in kernel.Modules)
        {
            foreach (GuestModule module in modules)
                initramfs.File($"modules/{module.Name}.ko", module.Content);
            initramfs.Text(
                $"modules/{set}", string.Join('\n', modules.Select(module => module.Name)));
        }

        foreach ((string name, string path) in kernel.Carried)
            initramfs.File($"modules/{name}", File.ReadAllBytes(path));

        initramfs.Text("bin/" + GuestJob.Load, GuestJob.LoadScript, isProgram: true);
        initramfs.Text("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
        initramfs.Text("etc/group", "root:x:0:\n");
        initramfs.Text("init", GuestJob.Init, isProgram: true);
        initramfs.Text("job", job, isProgram: true);
        initramfs.End();
    }

    private static void Save(string folder, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string name in new[] { "console", "results" })
        {
            string from = Path.Combine(folder, name);
            if (File.Exists(from))
                File.Copy(from, Path.Combine(to, name), overwrite: true);
        }
    }
}

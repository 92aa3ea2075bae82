using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Mounting;
using HandleCache.Server.Sessions;

namespace HandleCache.Lab.Restart;

/// <summary>
/// Opens a file by a backing id, takes from the server all that it knew, and looks which ways of
/// answering the next OPEN the kernel takes.
/// </summary>
public static class BackingExperiment
{
    private const int Before = 0;
    private const int Later = 1;
    private const int Bytes = 16;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <param name="driver">Whose kernel side is asked.</param>
    /// <param name="on">A writable directory; null for the temporary one.</param>
    /// <param name="cancel">Ends it early.</param>
    /// <exception cref="IOException">The mount failed.</exception>
    public static BackingResult Run(FuseDriver driver, string? on, CancellationToken cancel)
    {
        using RestartFolders folders = new(on);
        string path = Path.Combine(folders.Source, "f");
        File.WriteAllBytes(path, ModelKernel.Pattern(Bytes, 0));
        using FileDescriptor file = Files.Open(path, OpenFlags.ReadWrite);
        using NamespaceThread home = new();
        BackedServer server = new(file);
        using ServedMount mount = ServedMount.Start(
            home, folders.Mount, server, new SessionOptions { Backing = true },
            new FuseMountOptions { Driver = driver }, null);
        if (!server.IsOffered)
            return NotMeasured("FUSE_PASSTHROUGH is not offered by this kernel (Linux 6.9)");
        SysResult first = server.NewId();
        if (first.Failed)
            return NotMeasured($"the kernel takes no file of {folders.Source}: {first.Errno}");
        using WorkloadProcess client = home.Invoke(() => WorkloadProcess.Start());
        using (cancel.Register(client.Kill))
            return new BackingResult(Try(server, client, mount, (int)first.Value), null);
    }

    private static List<BackingRow> Try(
        BackedServer server, WorkloadProcess client, ServedMount mount, int known)
    {
        client.Ask(new BeginScriptRequest(mount.MountPoint), Patience);
        List<BackingRow> rows = [];
        void Row(BackingRule rule, string measured) =>
            rows.Add(new BackingRow(rule.Name, rule.Predicted, measured));
        string Open(int slot, int id)
        {
            server.Id = id;
            VfsResult opened = Ask(client, new VfsCall(VfsCallKind.Open)
            {
                Path = "f",
                Slot = slot,
                Flags = OpenFlags.ReadWrite,
            });
            return opened.Errno == 0 ? Use(server, client, slot) : Text(opened);
        }

        void Close(int slot) =>
            Ask(client, new VfsCall(VfsCallKind.Close) { Slot = slot });

        string before = Open(Before, known);
        if (before != BackingRule.Works)
            throw new IOException($"a file opened by its backing id: {before}");

        // The server has died: none of its ids is known any more but by what somebody else kept.
        server.Id = 0;
        Row(BackingRule.Survives, Use(server, client, Before));
        Row(BackingRule.Plain, Open(Later, 0));
        Row(BackingRule.OwnId, Open(Later, (int)server.NewId().Value));
        Row(BackingRule.KnownId, Open(Later, known));
        Close(Later);
        Close(Before);
        Row(BackingRule.PlainLater, Open(Later, 0));
        Close(Later);
        Row(BackingRule.OwnIdLater, Open(Later, (int)server.NewId().Value));
        Close(Later);
        Row(BackingRule.KnownIdLater, Open(Later, known));
        client.Ask(new EndScriptRequest(), Patience);
        return rows;
    }

    /// <summary>Writes and reads; what came of it.</summary>
    private static string Use(BackedServer server, WorkloadProcess client, int slot)
    {
        long requests = server.DataRequests;
        VfsResult written = Ask(client, new VfsCall(VfsCallKind.Write)
        {
            Slot = slot,
            Size = Bytes,
        });
        VfsResult read = Ask(client, new VfsCall(VfsCallKind.Read) { Slot = slot, Size = Bytes });
        if (written.Errno != 0 || read.Errno != 0)
            return $"{Text(written)}, {Text(read)}";
        if (read.Data != Convert.ToHexStringLower(ModelKernel.Pattern(Bytes, 0)))
            return $"reads {read.Data}";
        return server.DataRequests == requests ? BackingRule.Works : BackingRule.Served;
    }

    private static VfsResult Ask(WorkloadProcess client, VfsCall call) =>
        client.Ask(new ScriptCallsRequest([call]), Patience).Results[0];

    private static string Text(VfsResult result) => ((Errno)result.Errno).ToString();

    private static BackingResult NotMeasured(string why) => new([], why);
}

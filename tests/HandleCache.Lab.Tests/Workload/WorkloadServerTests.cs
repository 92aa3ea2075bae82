using System.Globalization;
using System.Text;
using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Lab.Tests.Workload;

/// <summary>Each request but RUN, on a local directory.</summary>
public sealed class WorkloadServerTests : IDisposable
{
    private readonly TempFolder _folder = new TempFolder().WithTree();
    private readonly WorkloadServer _server = new();

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_walk_counts_every_object_once_and_the_root_too()
    {
        // Root, 3 directories of 6 files, a symlink, an empty directory.
        WalkReply reply = Ask(new WalkRequest(_folder.Root));
        Assert.Equal(1 + 3 + 18 + 1 + 1, reply.Objects);
        Assert.Equal(5, reply.Directories);
        Assert.Equal(0, reply.ErrorCount);
    }

    [Fact]
    public void A_walk_goes_as_deep_as_the_tree()
    {
        string path = _folder.In("deep");
        for (int i = 0; i < 60; i++)
            path += "/x";
        Directory.CreateDirectory(path);
        Assert.Equal(5 + 61, Ask(new WalkRequest(_folder.Root)).Directories);
    }

    [Fact]
    public void A_handle_opens_the_object_it_was_got_from()
    {
        if (Credentials.WhyNotOpenByHandle() is { } reason)
            Assert.Skip(reason);
        string[] paths = ["", "d0", "d1/f2", "link"];
        IReadOnlyList<PathHandle> handles =
            Ask(new HandlesRequest(_folder.Root, paths)).Handles;
        Assert.Equal(paths, handles.Select(handle => handle.Path));
        Assert.All(handles, handle => Assert.Null(handle.Errno));

        IReadOnlyList<OpenedHandle> opened = Open(handles);
        Assert.Equal(handles.Select(handle => handle.Ino), opened.Select(open => open.Ino));
        Assert.Equal(1400UL, opened[2].Size);
        Assert.Equal(
            [FileModes.Directory, FileModes.Directory, FileModes.Regular, FileModes.Symlink],
            opened.Select(open => open.Mode & FileModes.TypeMask));
    }

    [Fact]
    public void A_missing_path_has_its_errno_and_the_others_their_handles()
    {
        IReadOnlyList<PathHandle> handles =
            Ask(new HandlesRequest(_folder.Root, ["d0/nope", "d0/f0", "d0/f0/x"])).Handles;
        Assert.Equal(["ENOENT", null, "ENOTDIR"], handles.Select(handle => handle.Errno));
    }

    [Fact]
    public void A_connectable_handle_carries_its_user_flags_in_the_type()
    {
        PathHandle handle = Ask(new HandlesRequest(
            _folder.Root, ["d0/f0"], Connectable: true)).Handles[0];
        if (handle.Errno is { } errno)
            Assert.Skip($"connectable handles: {errno}");

        // FILEID_IS_CONNECTABLE (HANDLES.md).
        Assert.Equal(0x10000, handle.Type & 0x10000);
    }

    [Fact]
    public void The_handle_of_a_removed_file_is_stale_unless_it_is_held_open()
    {
        if (Credentials.WhyNotOpenByHandle() is { } reason)
            Assert.Skip(reason);
        IReadOnlyList<PathHandle> handles =
            Ask(new HandlesRequest(_folder.Root, ["d0/f1", "d0/f2"])).Handles;
        PathsReply held = Ask(new HoldRequest(_folder.Root, ["d0/f2", "", "link", "nope"]));
        Assert.Equal([null, null, null, "ENOENT"], held.Results.Select(one => one.Errno));
        PathsReply removed = Ask(new UnlinkRequest(
            _folder.Root, ["d0/f1", "d0/f2", "empty", "d1", "nope"]));
        Assert.Equal(
            [null, null, null, "ENOTEMPTY", "ENOENT"], removed.Results.Select(one => one.Errno));

        Assert.Equal(["ESTALE", null], Open(handles).Select(open => open.Errno));
        Ask(new ReleaseRequest());
        Assert.Equal(["ESTALE", "ESTALE"], Open(handles).Select(open => open.Errno));
    }

    [Fact]
    public void A_handle_that_is_none_is_refused()
    {
        Assert.Throws<BadInputException>(() => Ask(
            new OpenHandlesRequest(_folder.Root, [new HandleText(1, "0g")])));
        Assert.Throws<BadInputException>(() => Ask(
            new OpenHandlesRequest(_folder.Root, [new HandleText(1, new string('0', 258))])));
    }

    [Fact]
    public void Names_of_any_bytes_go_both_ways()
    {
        string name = "\u00FF\u0080\n\"\\ \u0001";
        using (FileDescriptor root = Files.Open(_folder.Path, OpenFlags.Directory))
            Assert.Equal(
                Errno.None, Names.MakeDirectory(root, BytePath.ToBytes(name), FileModes.Octal777));

        string request = $$"""
            {"request":"handles","root":"{{_folder.Root}}","paths":["\u00FF\u0080\n\"\\ \u0001"]}
            """;
        string[] lines = Serve(request);
        Assert.Contains("\"errno\":null", Assert.Single(lines), StringComparison.Ordinal);
        Assert.Equal(name, Ask(new UnlinkRequest(_folder.Root, [name])).Results[0].Path);
        Assert.Equal(5, Ask(new WalkRequest(_folder.Root)).Directories);
    }

    [Fact]
    public void A_line_that_is_no_request_gets_a_failure_and_the_next_one_its_reply()
    {
        string[] lines = Serve(
            "nonsense",
            "{\"request\":\"nonsense\"}",
            "{\"request\":\"walk\"}",
            "null",
            "{\"request\":\"walk\",\"root\":\"/no/such\"}",
            "{\"request\":\"release\"}");
        Assert.Equal(6, lines.Length);
        Assert.All(lines[..5], line =>
            Assert.StartsWith("{\"reply\":\"failure\"", line, StringComparison.Ordinal));
        Assert.Equal("{\"reply\":\"done\"}", lines[5]);
    }

    [Fact]
    public void Quit_is_answered_and_nothing_after_it()
    {
        string[] lines = Serve("{\"request\":\"quit\"}", "{\"request\":\"release\"}");
        Assert.Equal(["{\"reply\":\"done\"}"], lines);
    }

    private TReply Ask<TReply>(WorkloadRequest<TReply> request)
        where TReply : WorkloadReply => Assert.IsType<TReply>(_server.Answer(request));

    private IReadOnlyList<OpenedHandle> Open(IReadOnlyList<PathHandle> handles) =>
        Ask(new OpenHandlesRequest(
            _folder.Root, [.. handles.Select(h => new HandleText(h.Type, h.Bytes))])).Handles;

    private string[] Serve(params string[] requests)
    {
        using StringReader input = new(string.Join('\n', requests.Select(text => text.Trim())));
        StringBuilder text = new();
        using StringWriter output = new(text, CultureInfo.InvariantCulture);
        _server.Serve(input, output);
        return text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}

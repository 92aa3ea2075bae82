using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Passthrough;
using HandleCache.Server.Sessions;
using HandleCache.Server.Tap;

namespace HandleCache.Server.Scripted;

/// <summary>
/// The real passthrough file system over a small tree of its own, the same in every instance. Its
/// nodeids are given out in the order of the requests, and it remembers what was forgotten, so
/// that two that are asked the same give the same. What the ledger holds is taken from the traffic.
/// </summary>
public sealed class PassthroughServer : IScriptServer, ITrafficObserver
{
    private static readonly TimeSpan Long = TimeSpan.FromDays(1);

    private readonly DirectoryInfo _tree;
    private readonly bool _isItsOwn;
    private readonly PassthroughFileSystem _fileSystem;
    private readonly NameMap _names = new(FuseConstants.FUSE_ROOT_ID);
    private readonly Dictionary<ulong, byte[]> _pending = [];

    /// <param name="options">Its validities.</param>
    /// <param name="folder">
    /// An empty folder for its tree, which is left as it is in the end; null for one of its own.
    /// </param>
    /// <exception cref="HandlesNotSupportedException">The folder has no handles.</exception>
    public PassthroughServer(ScriptServerOptions options, string? folder = null)
    {
        _tree = folder is null
            ? Directory.CreateTempSubdirectory("handlecache-diff-tree-")
            : new DirectoryInfo(folder);
        _isItsOwn = folder is null;
        try
        {
            Fill(_tree.FullName);
            _fileSystem = new PassthroughFileSystem(_tree.FullName, new PassthroughOptions
            {
                Forgotten = ForgottenHandles.Remember,
                EntryValid = ValidityOf(options.EntryValidity),
                AttributeValid = ValidityOf(options.AttrValidity),
                NegativeValid = options.NegativeEntries
                    ? ValidityOf(options.EntryValidity)
                    : TimeSpan.Zero,
            });
        }
        catch
        {
            Remove();
            throw;
        }
    }

    /// <exception cref="NotSupportedException">Always: it has one life.</exception>
    public void Restart() =>
        throw new NotSupportedException("the passthrough file system of a script has one life");

    /// <summary>Whether the temporary folder has the file handles that it needs.</summary>
    public static bool IsPossible()
    {
        try
        {
            new PassthroughServer(new ScriptServerOptions()).Dispose();
            return true;
        }
        catch (HandlesNotSupportedException)
        {
            return false;
        }
    }

    public FileSystem FileSystem => _fileSystem;

    public LookupLedger Ledger { get; } = new();

    public ITrafficObserver Observer => this;

    public ulong NodeIdOf(string path) => _names.Find(path);

    public IReadOnlyList<string> RootNames() => _names.RootNames();

    public void Dispose()
    {
        _fileSystem.Dispose();
        Remove();
    }

    public void OnRequest(ReadOnlySpan<byte> message)
    {
        if (!FuseRequest.TryParse(message, out FuseRequest request, out _))
            return;
        Operation operation = Operation.Of(request.Opcode);
        if (operation.IsForget)
        {
            ForgetReader forgets = new(request);
            while (forgets.TryNext(out fuse_forget_one one))
                Ledger.Forget(one.nodeid, one.nlookup);
            return;
        }

        bool isExported = request.Opcode == FuseOpcode.FUSE_LOOKUP
            && request.Body.SequenceEqual(".\0"u8);
        if (operation.NamesAnInode && !isExported)
            Ledger.Ask(request.Opcode, request.Header.nodeid);

        lock (_pending)
            _pending[request.Header.unique] = message.ToArray();
    }

    public void OnReply(ReadOnlySpan<byte> message) { }

    public void OnSent(ReadOnlySpan<byte> message, Errno errno)
    {
        if (!FuseReply.TryParse(message, out FuseReply reply, out _) || reply.IsNotification)
            return;
        byte[]? asked;
        lock (_pending)
        {
            if (!_pending.Remove(reply.Header.unique, out asked))
                return;
        }

        if (errno == Errno.None && reply.Header.error == 0
            && FuseRequest.TryParse(asked, out FuseRequest request, out _))
        {
            Learn(request, reply.Body);
        }
    }

    private void Remove()
    {
        if (_isItsOwn)
            _tree.Delete(recursive: true);
    }

    private void Learn(in FuseRequest request, ReadOnlySpan<byte> body)
    {
        ulong parent = request.Header.nodeid;
        switch (request.Opcode)
        {
            case FuseOpcode.FUSE_LOOKUP or FuseOpcode.FUSE_SYMLINK:
                LearnEntry(parent, NameAt(request.Body, 0), body);
                break;
            case FuseOpcode.FUSE_MKDIR:
                LearnEntry(parent, NameAt(request.Body, Unsafe.SizeOf<fuse_mkdir_in>()), body);
                break;
            case FuseOpcode.FUSE_MKNOD:
                LearnEntry(parent, NameAt(request.Body, Unsafe.SizeOf<fuse_mknod_in>()), body);
                break;
            case FuseOpcode.FUSE_CREATE:
                LearnEntry(parent, NameAt(request.Body, Unsafe.SizeOf<fuse_create_in>()), body);
                break;
            case FuseOpcode.FUSE_LINK:
                LearnEntry(parent, NameAt(request.Body, Unsafe.SizeOf<fuse_link_in>()), body);
                break;
            case FuseOpcode.FUSE_UNLINK or FuseOpcode.FUSE_RMDIR:
                _names.Remove(parent, NameAt(request.Body, 0));
                break;
            case FuseOpcode.FUSE_RENAME:
                LearnRename(request, Unsafe.SizeOf<fuse_rename_in>(), 0);
                break;
            case FuseOpcode.FUSE_RENAME2:
                LearnRename(
                    request, Unsafe.SizeOf<fuse_rename2_in>(),
                    MemoryMarshal.Read<fuse_rename2_in>(request.Body).flags);
                break;
            case FuseOpcode.FUSE_READDIRPLUS:
                DirentReader reader = new(body, Dialect.Classic);
                while (reader.MoveNext())
                    LearnListed(parent, reader);
                break;
        }
    }

    private void LearnListed(ulong parent, in DirentReader reader)
    {
        string name = System.Text.Encoding.Latin1.GetString(reader.Name);
        ulong nodeId = reader.Entry.Entry.nodeid;
        if (nodeId == 0 || name is "." or "..")
            return;
        Ledger.Give(nodeId);
        _names.Set(parent, name, nodeId);
    }

    private void LearnEntry(ulong parent, string name, ReadOnlySpan<byte> body)
    {
        ulong nodeId = MemoryMarshal.Read<fuse_entry_out>(body).nodeid;
        if (nodeId == 0)
            return;
        Ledger.Give(nodeId);
        if (name is not ("." or ".."))
            _names.Set(parent, name, nodeId);
    }

    private void LearnRename(in FuseRequest request, int head, uint flags)
    {
        ulong newParent = MemoryMarshal.Read<ulong>(request.Body);
        string oldName = NameAt(request.Body, head);
        string newName = NameAt(request.Body, head + oldName.Length + 1);
        _names.Move(
            (request.Header.nodeid, oldName), (newParent, newName),
            (flags & RenameFlags.Exchange) != 0);
    }

    private static string NameAt(ReadOnlySpan<byte> body, int at)
    {
        ReadOnlySpan<byte> rest = body[at..];
        int end = rest.IndexOf((byte)0);
        return System.Text.Encoding.Latin1.GetString(end < 0 ? rest : rest[..end]);
    }

    private static TimeSpan ValidityOf(ValidityMode mode) =>
        mode == ValidityMode.Zero ? TimeSpan.Zero : Long;

    /// <summary>Two directories and three files, made in the same order everywhere.</summary>
    private static void Fill(string root)
    {
        Directory.CreateDirectory(Path.Combine(root, "a"));
        Directory.CreateDirectory(Path.Combine(root, "a", "b"));
        File.WriteAllText(Path.Combine(root, "a", "c"), "content");
        File.WriteAllText(Path.Combine(root, "d"), "more");
        File.WriteAllText(Path.Combine(root, "a", "b", "a"), "");
    }
}

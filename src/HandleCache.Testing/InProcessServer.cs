using HandleCache.Server.Channels;
using HandleCache.Server.Driving;
using HandleCache.Server.Sessions;

namespace HandleCache.Testing;

/// <summary>A server that is a function of this process.</summary>
internal sealed class FunctionServer(Func<byte[], byte[]?> server) : IDrivenServer
{
    private readonly Queue<byte[]> _replies = new();

    public IReadOnlyList<string> Said => [];

    public string Ending() => "hung up";

    public Exchange Send(ReadOnlySpan<byte> message)
    {
        if (server(message.ToArray()) is { } reply)
            _replies.Enqueue(reply);
        return Exchange.Done;
    }

    public Exchange Receive(Span<byte> buffer, long begun, out int bytes)
    {
        bytes = 0;
        if (!_replies.TryDequeue(out byte[]? reply))
            return Exchange.TimedOut;
        reply.CopyTo(buffer);
        bytes = reply.Length;
        return Exchange.Done;
    }

    public void Kill() => _replies.Clear();

    public void Dispose() { }
}

/// <summary>A file system of this process, served by a session with one worker.</summary>
internal sealed class SessionServer : IDrivenServer
{
    private readonly HandOverChannel _channel = new();
    private readonly FuseSession _session;
    private readonly Thread _thread;
    private readonly TimeSpan _patience;
    private string _failure = "";

    public SessionServer(FileSystem fileSystem, SessionOptions options, TimeSpan patience)
    {
        _patience = patience;
        _session = new FuseSession(_channel, fileSystem, options with { Workers = 1 });
        _thread = new Thread(Serve) { IsBackground = true, Name = "model-mount" };
        _thread.Start();
    }

    public IReadOnlyList<string> Said => [];

    public string Ending()
    {
        _thread.Join(_patience);
        return $"failed: {_failure}";
    }

    public Exchange Send(ReadOnlySpan<byte> message) => _channel.TrySend(message, _patience)
        ? Exchange.Done
        : _channel.IsClosed ? Exchange.HungUp : Exchange.TimedOut;

    public Exchange Receive(Span<byte> buffer, long begun, out int bytes)
    {
        bytes = 0;
        if (_channel.Take() is not { } reply)
            return _channel.IsClosed ? Exchange.HungUp : Exchange.TimedOut;
        reply.CopyTo(buffer);
        bytes = reply.Length;
        return Exchange.Done;
    }

    public void Kill() => _channel.Close();

    /// <summary>A worker that never comes back is left behind.</summary>
    public void Dispose()
    {
        _channel.Close();
        _thread.Join(_patience);
        _session.Dispose();
        _channel.Dispose();
    }

    /// <summary>What the file system throws ends the server, as it would end a process.</summary>
    private void Serve()
    {
        try
        {
            _session.Run();
        }
        catch (IOException e)
        {
            _failure = (e.InnerException ?? e).ToString();
        }
        finally
        {
            _channel.Close();
        }
    }
}

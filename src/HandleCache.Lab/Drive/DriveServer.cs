using System.Diagnostics;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Driving;
using HandleCache.Server.Relaying;

namespace HandleCache.Lab.Drive;

/// <summary>One life of a server that is a process.</summary>
internal sealed class DriveServer : IDrivenServer
{
    private const int KeptLines = 8;

    private readonly ForeignServer _process;
    private readonly TimeSpan _patience;
    private readonly Queue<string> _said;

    private DriveServer(ForeignServer process, TimeSpan patience, Queue<string> said)
    {
        _process = process;
        _patience = patience;
        _said = said;
    }

    /// <exception cref="IOException">The command cannot be started.</exception>
    public static DriveServer Start(
        IReadOnlyList<string> command, TimeSpan patience, MountStandIn? standIn)
    {
        Queue<string> said = [];
        ForeignServer process = ForeignServer.Start(
            command, line => Keep(said, line), takesErrors: true, standIn);
        return new(process, patience, said);
    }

    public IReadOnlyList<string> Said
    {
        get
        {
            lock (_said)
                return [.. _said];
        }
    }

    public string Ending() => _process.Ending();

    public Exchange Send(ReadOnlySpan<byte> message)
    {
        long begun = Stopwatch.GetTimestamp();
        while (true)
        {
            SysResult sent = _process.Socket.Send(message, wait: false);
            if (!sent.Failed)
                return Exchange.Done;
            if (sent.Errno is not (Errno.EAGAIN or Errno.EINTR))
                return Exchange.HungUp;
            if (Stopwatch.GetElapsedTime(begun) > _patience)
                return Exchange.TimedOut;
            Thread.Sleep(1);
        }
    }

    public Exchange Receive(Span<byte> buffer, long begun, out int bytes)
    {
        bytes = 0;
        while (true)
        {
            TimeSpan left = _patience - Stopwatch.GetElapsedTime(begun);
            if (left <= TimeSpan.Zero)
                return Exchange.TimedOut;
            SysResult ready = Poller.WaitReadable(
                _process.Socket.Descriptor, null, (int)Math.Ceiling(left.TotalMilliseconds),
                out _, out _);
            if (!ready.Failed && ready.Value == 0)
                continue;
            Errno errno = _process.Socket.Receive(
                buffer, out ReceivedPacket packet, null, wait: false);
            if (errno is Errno.EAGAIN or Errno.EINTR)
                continue;
            bytes = packet.LengthBytes;
            return errno == Errno.None && bytes > 0 ? Exchange.Done : Exchange.HungUp;
        }
    }

    public void Kill() => _process.Kill();

    public void Dispose() => _process.Dispose();

    private static void Keep(Queue<string> said, string line)
    {
        lock (said)
        {
            said.Enqueue(line);
            if (said.Count > KeptLines)
                said.Dequeue();
        }
    }
}

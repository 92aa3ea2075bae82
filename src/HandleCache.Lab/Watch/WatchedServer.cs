using System.Globalization;
using HandleCache.Lab.Drive;
using HandleCache.Linux;
using HandleCache.Server.Relaying;

namespace HandleCache.Lab.Watch;

/// <summary>The server that is watched, and those that take its place.</summary>
internal sealed class WatchedServer : IDisposable
{
    private readonly WatchOptions _options;
    private readonly Action<string> _report;
    private readonly MountStandIn? _standIn;
    private ForeignServer _server;

    /// <exception cref="BadInputException">It cannot be started.</exception>
    public WatchedServer(WatchOptions options, Action<string> report)
    {
        _options = options;
        _report = report;
        _standIn = StandIns.Of(options.FuserMount, options.DirectMount);
        try
        {
            _server = Start();
        }
        catch (IOException e)
        {
            _standIn?.Dispose();
            throw new BadInputException(e.Message, e);
        }
    }

    /// <summary>Our end of the living one's socket.</summary>
    public PacketSocket Socket => _server.Socket;

    /// <summary>How many took the place of another.</summary>
    public int Restarts { get; private set; }

    /// <summary>How the last one ended, in words.</summary>
    public string Ending() => Restarts == 0
        ? $"the server {_server.Ending()}"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"the server {_server.Ending()}, after {Restarts} restarts");

    /// <summary>Kills it, and starts another at the same end of the relay.</summary>
    /// <param name="relay">Carries for both.</param>
    /// <param name="newLife">Called in between: the old one's last reply has come.</param>
    /// <param name="patience">How long the new one has to answer INIT.</param>
    /// <exception cref="BadInputException">
    /// The first that is to take the place of another does not come up.
    /// </exception>
    public void Restart(Relay relay, Action newLife, TimeSpan patience)
    {
        try
        {
            relay.Replace(
                _server.Kill,
                () =>
                {
                    newLife();
                    _server.Dispose();
                    _server = Start();
                    return _server.Socket;
                },
                patience);
        }
        catch (IOException e)
        {
            if (Restarts > 0)
                return;
            throw new BadInputException(
                $"--restart-every: the server cannot be started again: {e.Message}; "
                + $"it {_server.Ending()}", e);
        }

        Restarts++;
    }

    public void Dispose()
    {
        _server.Dispose();
        _standIn?.Dispose();
    }

    private ForeignServer Start() =>
        ForeignServer.Start(_options.Command, _report, standIn: _standIn);
}

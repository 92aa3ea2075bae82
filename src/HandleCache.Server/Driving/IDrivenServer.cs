namespace HandleCache.Server.Driving;

/// <summary>How a wait for the server ended.</summary>
internal enum Exchange
{
    Done,

    /// <summary>Nothing came, or nothing was taken, for the whole patience.</summary>
    TimedOut,

    /// <summary>The server has closed its end.</summary>
    HungUp,
}

/// <summary>One life of a server that is driven, and the watchdog over its messages.</summary>
internal interface IDrivenServer : IDisposable
{
    /// <summary>The last lines that it printed.</summary>
    IReadOnlyList<string> Said { get; }

    /// <summary>How it ended, in words.</summary>
    string Ending();

    /// <summary>Sends one message; one that never reads is not waited for without end.</summary>
    Exchange Send(ReadOnlySpan<byte> message);

    /// <summary>The next message of the server and its bytes.</summary>
    /// <param name="buffer">Room for the longest.</param>
    /// <param name="begun">
    /// Since when (<see cref="System.Diagnostics.Stopwatch.GetTimestamp"/>) the reply is awaited
    /// that the caller is after: what else comes in between does not give the server more time.
    /// </param>
    /// <param name="bytes">The length of what came.</param>
    Exchange Receive(Span<byte> buffer, long begun, out int bytes);

    /// <summary>Ends it at once; safe from any thread.</summary>
    void Kill();
}

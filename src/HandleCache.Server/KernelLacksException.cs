namespace HandleCache.Server;

/// <summary>The running kernel has not what was asked for; the message says since when.</summary>
public sealed class KernelLacksException : IOException
{
    public KernelLacksException() { }

    public KernelLacksException(string message) : base(message) { }

    public KernelLacksException(string message, Exception inner) : base(message, inner) { }
}

using HandleCache.Linux;

namespace HandleCache.Lab;

/// <summary>Signals of this program as a whole.</summary>
public static class ProgramSignals
{
    /// <summary>
    /// SIGINT ends a command also where it was started with that ignored, as a shell without job
    /// control starts what is to run in the background: a server must end when it is told to.
    /// SIGHUP stays ignored where it is, which is what nohup(1) is for. Before any handler of
    /// SIGINT is set: the runtime sets none for a signal that is ignored.
    /// </summary>
    public static void HeedInterrupt() => Processes.HeedSignal(Processes.Interrupt);
}

namespace HandleCache.Model.Kernel;

/// <summary>How a request ended for the task that sent it.</summary>
/// <param name="Errno">0, or the server's errno, or EIO for a reply of the wrong shape.</param>
/// <param name="Body">What followed the reply's head.</param>
/// <param name="Entry">The one entry of the reply, where the operation returns one.</param>
internal readonly record struct KernelAnswer(int Errno, byte[] Body, EntryIn? Entry = null)
{
    public static KernelAnswer Failure(int errno) => new(errno, []);
}

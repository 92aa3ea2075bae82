using System.Runtime.CompilerServices;

namespace HandleCache.Model.Kernel;

/// <summary>
/// What the compiler needs to make a <see cref="KernelTask{T}"/> of an async method.
/// </summary>
internal struct KernelTaskBuilder<T>
{
    private KernelTask<T>? _task;

    public KernelTask<T> Task => _task ??= new KernelTask<T>();

    public static KernelTaskBuilder<T> Create() => default;

#pragma warning disable CA1822 // The compiler calls these on the instance.
    public void Start<TMachine>(ref TMachine machine)
        where TMachine : IAsyncStateMachine => machine.MoveNext();

    public void SetStateMachine(IAsyncStateMachine machine) =>
        ArgumentNullException.ThrowIfNull(machine);
#pragma warning restore CA1822

    public void SetResult(T result) => Task.SetResult(result);

    public void SetException(Exception exception) => Task.SetFailure(exception);

    public void AwaitOnCompleted<TAwaiter, TMachine>(ref TAwaiter awaiter, ref TMachine machine)
        where TAwaiter : INotifyCompletion
        where TMachine : IAsyncStateMachine
    {
        if (_task is not Suspended<TMachine> suspended)
        {
            suspended = new Suspended<TMachine>();
            _task = suspended;
            suspended.Machine = machine;
        }

        awaiter.OnCompleted(suspended.Resume);
    }

    public void AwaitUnsafeOnCompleted<TAwaiter, TMachine>(
        ref TAwaiter awaiter, ref TMachine machine)
        where TAwaiter : INotifyCompletion
        where TMachine : IAsyncStateMachine => AwaitOnCompleted(ref awaiter, ref machine);

    /// <summary>A task whose state machine has left the stack.</summary>
    private sealed class Suspended<TMachine> : KernelTask<T>
        where TMachine : IAsyncStateMachine
    {
        private TMachine? _machine;

        internal Suspended() => Resume = () => _machine!.MoveNext();

        internal TMachine Machine
        {
            set => _machine = value;
        }

        internal Action Resume { get; }
    }
}

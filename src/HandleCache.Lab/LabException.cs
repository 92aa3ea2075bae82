namespace HandleCache.Lab;

/// <summary>An experiment that cannot start or go on; the message is for the user, whole.</summary>
public abstract class LabException : Exception
{
    protected LabException(string message) : base(message) { }

    protected LabException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>
/// Bad input: an unknown name, a malformed file, a value out of range (exit code 2).
/// </summary>
public sealed class BadInputException : LabException
{
    public BadInputException(string message) : base(message) { }

    public BadInputException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>
/// The machine lacks what the experiment needs (exit code 3). The message says what is missing
/// and the command that gets it.
/// </summary>
public sealed class MissingRequirementException : LabException
{
    public MissingRequirementException(string message) : base(message) { }

    public MissingRequirementException(string message, Exception inner) : base(message, inner) { }
}

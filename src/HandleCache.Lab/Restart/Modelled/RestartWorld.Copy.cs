namespace HandleCache.Lab.Restart.Modelled;

/// <summary>Checkpoints, so that a crash does not begin at the mount.</summary>
internal sealed partial class RestartWorld
{
    private RestartWorld(RestartWorld original, bool storm)
    {
        _options = original._options with { Storm = storm };
        _life = original._life;
        _request = original._request;
        _lastGiven = original._lastGiven;
        RequestsOfThisLife = original.RequestsOfThisLife;
        Tally = original.Tally.Copy();
        Store = original.Store.Copy(out Dictionary<WorldObject, WorldObject> copies);
        Kernel = original.Kernel.Copy(this);
        _server = original._server.Copy(Store, copies);
        _objects = new(original._objects);
        _given = new(original._given);
    }

    /// <summary>
    /// Whether a checkpoint can be made: no call waits for an inode that stays locked.
    /// </summary>
    public bool CanCopy => Tally.Hung == 0 && !IsArmed;

    /// <summary>
    /// A world in the same state: the same steps give the same, and what is done to one leaves
    /// the other alone. Both carry messages in the same buffer, so one thread has them all.
    /// </summary>
    /// <param name="storm">Whether the copy's restarts are followed by a storm.</param>
    public RestartWorld Copy(bool storm) => new(this, storm);

    /// <summary>
    /// Whether a step would reach neither kernel nor server: its file slot is free, or in use
    /// where it opens one. A crash and what is asked after it leave the slots as they are, so such
    /// a step changes nothing behind a crash either.
    /// </summary>
    public bool IsIdle(WorldStep step) => step.Verb switch
    {
        "read" or "close" or "statat" => !Kernel.IsOpen(Slot(step.Words[0])),
        "open" => Kernel.IsOpen(Slot(step.Words[1])),
        _ => false,
    };

    /// <summary>Whether somebody who changes the store finds what the change is about.</summary>
    public bool Finds(string change) =>
        Store.Resolve(WorldStep.Parse(change).Path) is not null;
}

namespace HandleCache.Lab.Restart.Modelled;

/// <summary>What came of one dialect (derived, from the modelled world).</summary>
public sealed record RestartModelRow
{
    public required string Dialect { get; init; }

    /// <summary>The dialect has handles.</summary>
    public required bool CarriesHandles { get; init; }

    /// <summary>Every request about an inode brings its handle; else only LOOKUP does.</summary>
    public required bool HandleInEveryRequest { get; init; }

    /// <summary>Handles outlive the server.</summary>
    public required bool PersistentHandles { get; init; }

    /// <summary>
    /// A switch is on that leads to wrong objects, or nodeids may collide and not every
    /// request brings a handle: then a wrong object is what is looked for, and else a failure.
    /// </summary>
    public required bool WrongObjectExpected { get; init; }

    /// <summary>Worlds run to their end.</summary>
    public long Worlds { get; set; }

    public long Restarts { get; set; }

    /// <summary>Open files and cached names that work after the restart.</summary>
    public long Recovered { get; set; }

    /// <summary>Of existing objects, those that are refused.</summary>
    public long Stale { get; set; }

    /// <summary>Refused, and the object is gone: as it must be.</summary>
    public long Gone { get; set; }

    public long WrongObject { get; set; }

    /// <summary>Replies without the handle due, or with one too long.</summary>
    public long Refused { get; set; }

    /// <summary>Attributes believed against the server's word that were no more.</summary>
    public long StaleAttributes { get; set; }

    /// <summary>Lookups that never end.</summary>
    public long Hung { get; set; }

    /// <summary>Replies that came twice or to nobody.</summary>
    public long AnsweredTwice { get; set; }

    /// <summary>Nodeids whose lookups did not balance in the end.</summary>
    public long Unbalanced { get; set; }

    /// <summary>Requests after restarts, each inode asked for on its next use.</summary>
    public long LazyRequests { get; set; }

    /// <summary>The same with a storm over the whole cache first.</summary>
    public long StormRequests { get; set; }

    /// <summary>Most requests from a restart to the first use that worked, lazily.</summary>
    public long LazyToFirstAnswer { get; set; }

    /// <summary>The same behind a storm.</summary>
    public long StormToFirstAnswer { get; set; }

    /// <summary>The shortest history found that reaches a wrong object.</summary>
    public Counterexample? Counterexample { get; set; }

    /// <summary>The row of the same worlds with nothing counted.</summary>
    internal RestartModelRow Empty() => new()
    {
        Dialect = Dialect,
        CarriesHandles = CarriesHandles,
        HandleInEveryRequest = HandleInEveryRequest,
        PersistentHandles = PersistentHandles,
        WrongObjectExpected = WrongObjectExpected,
    };

    /// <summary>
    /// Adds what later histories counted; of two counterexamples the shorter one stays, and of
    /// equally long ones the earlier.
    /// </summary>
    internal void Add(RestartModelRow later)
    {
        Worlds += later.Worlds;
        Restarts += later.Restarts;
        Recovered += later.Recovered;
        Stale += later.Stale;
        Gone += later.Gone;
        WrongObject += later.WrongObject;
        Refused += later.Refused;
        StaleAttributes += later.StaleAttributes;
        Hung += later.Hung;
        AnsweredTwice += later.AnsweredTwice;
        Unbalanced += later.Unbalanced;
        LazyRequests += later.LazyRequests;
        StormRequests += later.StormRequests;
        LazyToFirstAnswer = Math.Max(LazyToFirstAnswer, later.LazyToFirstAnswer);
        StormToFirstAnswer = Math.Max(StormToFirstAnswer, later.StormToFirstAnswer);
        if (later.Counterexample is { } found && Counterexample is not { IsShort: true }
            && (Counterexample is not { } known || found.Steps.Count < known.Steps.Count))
        {
            Counterexample = found;
        }
    }
}

/// <summary>A history that reaches a wrong object; no step of it can be left out.</summary>
/// <param name="History">Where it was found.</param>
/// <param name="Planted">What the store holds at first.</param>
/// <param name="Steps">The steps, in order.</param>
/// <param name="Wrong">What went wrong.</param>
/// <param name="HandleBytes">Length of the handles.</param>
public sealed record Counterexample(
    string History, IReadOnlyList<string> Planted, IReadOnlyList<string> Steps, string Wrong,
    int HandleBytes)
{
    /// <summary>As short as one gets: nothing shorter is looked for.</summary>
    internal bool IsShort => Steps.Count <= 5;
}

/// <summary>The whole exploration.</summary>
/// <param name="Rows">One per dialect, way of sending handles, and persistence.</param>
/// <param name="NodeIds">What the servers took for nodeids.</param>
/// <param name="Options">As resolved.</param>
public sealed record RestartModelResult(
    IReadOnlyList<RestartModelRow> Rows, NodeIdPolicy NodeIds, RestartModelOptions Options)
{
    public long WrongObject => Rows.Sum(r => r.WrongObject);

    /// <summary>
    /// No wrong object and no stale attributes where none are expected, counts balance, every
    /// request answered once, and something was compared at all.
    /// </summary>
    public bool Holds => Rows.Count > 0 && Rows.All(r => r.Restarts > 0)
        && Rows.All(r => (r.WrongObjectExpected || (r.WrongObject == 0 && r.StaleAttributes == 0))
            && r.AnsweredTwice == 0 && r.Unbalanced == 0);
}

using HandleCache.Lab.Restart.Modelled;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Lab.Compare;

/// <summary>
/// What a restart costs and recovers with a dialect as posted: the scripted histories of
/// `restart --model`, the server killed after every step. Derived.
/// </summary>
/// <param name="RecoveredShare">
/// Open files and cached names that work afterwards, of those whose object still exists.
/// </param>
/// <param name="WrongObject">Answers for another object than was asked for.</param>
/// <param name="RequestsToFirstUse">Most requests until a first use works.</param>
public sealed record RestartFigures(
    double RecoveredShare, long WrongObject, long RequestsToFirstUse)
{
    internal static RestartFigures Of(Dialect dialect, CancellationToken cancel)
    {
        RestartModelOptions options = new() { Dialects = [dialect.Name], Histories = 0 };
        RestartModelRow row = RestartModelExperiment.Run(options, cancel).Rows.First(
            r => r.HandleInEveryRequest == dialect.Options.HandleInEveryRequest
                && r.PersistentHandles == dialect.CarriesHandles);
        return new RestartFigures(
            (double)row.Recovered / Math.Max(1, row.Recovered + row.Stale),
            row.WrongObject,
            row.LazyToFirstAnswer);
    }
}

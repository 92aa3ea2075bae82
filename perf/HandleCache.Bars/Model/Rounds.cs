namespace HandleCache.Bars.Model;

/// <summary>
/// Rounds in which every contender has its turn, in another order each time; the medians count.
/// </summary>
internal static class Rounds
{
    public static double[] Medians(int rounds, params IReadOnlyList<Func<double>> turns)
    {
        double[][] figures = [.. turns.Select(_ => new double[rounds])];
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < turns.Count; i++)
            {
                int turn = (i + round) % turns.Count;
                figures[turn][round] = turns[turn]();
            }
        }

        foreach (double[] figure in figures)
            Array.Sort(figure);
        return [.. figures.Select(figure => figure[rounds / 2])];
    }
}

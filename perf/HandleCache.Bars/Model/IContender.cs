namespace HandleCache.Bars.Model;

/// <summary>One way of doing the work; each call answers nanoseconds per operation.</summary>
internal interface IContender
{
    /// <summary>Adds every inode.</summary>
    double Fill();

    /// <summary>igets of random inodes, all of them hits.</summary>
    double Hit(bool inFlight);

    /// <summary>
    /// Forgets the sample, each inode with all it holds; adds it again outside the measured time.
    /// </summary>
    double Forget(bool inFlight);
}

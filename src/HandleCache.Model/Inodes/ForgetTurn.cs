namespace HandleCache.Model.Inodes;

/// <summary>What a read of the device gets next (R3).</summary>
public enum ForgetTurn
{
    /// <summary>Nothing waits: the read blocks.</summary>
    Nothing,

    /// <summary>An INTERRUPT; these go before everything.</summary>
    Interrupt,

    /// <summary>A FORGET or BATCH_FORGET: call <see cref="ForgetQueue.Read"/>.</summary>
    Forget,

    /// <summary>The oldest pending request.</summary>
    Request,
}

namespace HandleCache.Lab.Restart;

/// <summary>What runs on the mount while its server is killed.</summary>
public enum RestartWorkload
{
    /// <summary>Names, attributes and data, over files that stay open.</summary>
    Mixed,

    /// <summary>Names and attributes.</summary>
    Metadata,

    /// <summary>Data of open files.</summary>
    Write,

    /// <summary>git clone, fsck and checkout of a repository.</summary>
    Git,
}

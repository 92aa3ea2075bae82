namespace HandleCache.Lab.Restart.Modelled;

/// <summary>An open file of an application.</summary>
internal sealed record WorldFile(WorldInode Inode, ulong Fh);

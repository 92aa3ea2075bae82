namespace HandleCache.Lab.Workload.Steps;

/// <summary>A place where an object may be: a directory and a name in it.</summary>
internal readonly record struct ShadowName(ShadowNode Directory, string Name)
{
    /// <summary>What is there, or null.</summary>
    public ShadowNode? Node => Directory.Children.GetValueOrDefault(Name);

    /// <summary>Path from the scratch directory.</summary>
    public string Path => BytePath.Join(Scratch.PathOf(Directory), Name);

    /// <summary>The path as system calls take it.</summary>
    public byte[] PathBytes => BytePath.ToBytes(Path);
}

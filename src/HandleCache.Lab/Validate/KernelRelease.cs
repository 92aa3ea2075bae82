namespace HandleCache.Lab.Validate;

/// <summary>The running kernel's release, as uname -r gives it.</summary>
internal static class KernelRelease
{
    public static string Read() => File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
}

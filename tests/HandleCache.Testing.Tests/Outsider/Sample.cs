using FsCheck;
using FsCheck.Fluent;
using HandleCache.Server.Sessions;
using HandleCache.Testing;

namespace Outsider;

public static class Sample
{
    // A mount of a server of our own; ServerCounts says how many lookups it counts of a nodeid.
    public static ModelMount Mount(CountingFileSystem server) => new(server, new()
    {
        ServerCounts = server.CountOf,
        Session = new SessionOptions { ReadDirPlus = ReadDirPlusMode.On },
    });

    public static void Calls()
    {
        using ModelMount mount = Mount(new(countsTwice: false));
        mount.CreateDirectory("d");                     // each call is checked
        mount.CreateFile("d/f");
        mount.Advance(TimeSpan.FromSeconds(2));         // names are no longer believed
        Console.WriteLine($"stat: {mount.Stat("d/f").Errno}");
        mount.DropMemory();                             // FORGETs are sent
        mount.CheckAll();                               // counts, and the kernel's cache
    }

    // Random scripts; the first that breaks a rule is shortened.
    public static void Properties(bool countsTwice, Config config) =>
        MountProperties.KeepsTheRules(() => Mount(new(countsTwice))).Check(config);
}

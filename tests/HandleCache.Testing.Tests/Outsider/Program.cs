using FsCheck;
using FsCheck.Fluent;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Handles;
using HandleCache.Testing;
using Outsider;

// What somebody outside does with the packages; prints a line for each, and the seed of FsCheck is
// the first argument, so that a run can be repeated.
ulong seed = ulong.Parse(args[0], System.Globalization.CultureInfo.InvariantCulture);
Config config = Config.QuickThrowOnFailure.WithMaxTest(100).WithReplay(seed, 1);

Sample.Calls();
Sample.Properties(countsTwice: false, config);
MountProperties.NeverTheWrongObject(() => Sample.Mount(new(countsTwice: false))).Check(config);
MountProperties.CacheStaysValid(() => Sample.Mount(new(countsTwice: true))).Check(config);
Console.WriteLine("sound: ok");

try
{
    Sample.Properties(countsTwice: true, config);
    Console.WriteLine("planted: not found");
}
catch (Exception e)
{
    Console.WriteLine($"planted: {e.Message}");
}

using (ModelMount plain = new(PlainServer.Answer))
{
    Console.WriteLine($"plain: {plain.Stat("hello").Errno} {plain.Stat("other").Errno}");
    plain.CheckAll();
}

Prop.ForAll(HandleCacheArbitraries.Handles(), handle =>
{
    using FuseInodeCache cache = new(new FuseInodeCacheOptions { IndexByHandle = true });
    cache.MountRoot(0x41ED);
    IGetResult got = cache.IGet(2, 1, 0x81A4, handle.AsHandle());
    return cache.Get(got.Index).Handle == handle.AsHandle()
        && new HashSet<StoredHandle> { handle }.Contains(new(cache.Get(got.Index).Handle));
}).Check(config);
Console.WriteLine("handles: ok");

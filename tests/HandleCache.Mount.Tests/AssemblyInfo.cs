using Xunit;

// Mounts, slab counts and processor time are the machine's: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

//! The same workloads and contenders for criterion, which keeps what it measured and compares: `cargo bench -- records/read`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

use benches::contender::Task;
use benches::workloads;

fn codec(criterion: &mut Criterion) {
    for named in workloads::ALL {
        let workload = (named.make)();
        let document = workload.document();
        let mut group = criterion.benchmark_group(named.name);
        for mut contender in workload.contenders() {
            if document.reads_only && contender.task == Task::Write || contender.work.check().is_err() {
                continue;
            }
            group.throughput(Throughput::Bytes(contender.bytes as u64));
            group.bench_function(contender.label(), |bencher| {
                bencher.iter_custom(|iterations| contender.work.time(iterations));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, codec);
criterion_main!(benches);

//! The plain lane of the reader, off and on: the same tokens, places and refusals.
//!
//! The first three bytes choose the reading, the next one the limits, the rest is the document.
#![no_main]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    use xmlrpc_fuzz::choices;

    let Some(([first, second, third, limits], document)) = choices::split(input) else {
        return;
    };
    let reading = choices::reading([first, second, third]);
    xmlrpc_core::compare_lanes(document, &choices::limits(limits), &reading);
});

//! The programs' arguments: words that select workloads, and options with a number.

/// What stood on the command line.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    /// Names of workloads, or parts of names; none selects all.
    pub filters: Vec<String>,
    /// `--rounds N`.
    pub rounds: Option<usize>,
}

impl Arguments {
    /// Reads the process's arguments.
    ///
    /// # Errors
    ///
    /// What is wrong with them, for people.
    pub fn of_process() -> Result<Self, String> {
        let mut all = Self::default();
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            if argument == "--rounds" {
                let number = arguments.next().and_then(|number| number.parse().ok());
                all.rounds = Some(
                    number
                        .filter(|n| *n > 0)
                        .ok_or("--rounds wants a number above 0")?,
                );
            } else if argument.starts_with('-') {
                return Err(format!(
                    "unknown option {argument}; there is --rounds N, else names of workloads"
                ));
            } else {
                all.filters.push(argument);
            }
        }
        let names: Vec<&str> = names().collect();
        let matches_none = |filter: &&String| !names.iter().any(|name| name.contains(filter.as_str()));
        match all.filters.iter().find(matches_none) {
            Some(filter) => Err(format!(
                "no workload is called {filter}; there are {}",
                names.join(", ")
            )),
            None => Ok(all),
        }
    }

    /// Whether a name is selected: no filter at all, one that is the name, or one that is a part of it while no workload has that
    /// very name.
    pub fn selects(&self, name: &str) -> bool {
        let matches = |filter: &String| {
            if names().any(|other| other == filter) {
                name == filter
            } else {
                name.contains(filter.as_str())
            }
        };
        self.filters.is_empty() || self.filters.iter().any(matches)
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    let all = crate::workloads::ALL.iter().chain(&crate::workloads::SIZES);
    all.map(|named| named.name)
}

//! What an opener says about the reads to come.

/// Hadoop's read policies (`fs.option.openfile.read.policy`), as far as they differ for a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReadPolicy {
    /// Nothing said: plans go by the reads.
    #[default]
    Adaptive,
    /// Forward from where the reader begins, maybe not to the end.
    Sequential,
    /// All of the file, forward.
    WholeFile,
    /// Here and there: nothing is fetched ahead of reads that happen to continue each other. What a
    /// footer gives reason for still is.
    Random,
}

impl ReadPolicy {
    /// The first name in a comma-separated list that is known here, as Hadoop defines it; names of
    /// formats stand for the way those are read.
    #[must_use]
    pub fn of(list: &str) -> ReadPolicy {
        let known = |name: &str| match name.trim().to_ascii_lowercase().as_str() {
            "adaptive" | "default" | "normal" => Some(ReadPolicy::Adaptive),
            "sequential" | "avro" | "csv" | "json" => Some(ReadPolicy::Sequential),
            "whole-file" => Some(ReadPolicy::WholeFile),
            "random" | "vector" | "columnar" | "parquet" | "orc" | "hbase" => {
                Some(ReadPolicy::Random)
            }
            _ => None,
        };
        list.split(',').find_map(known).unwrap_or_default()
    }

    /// Whether the reader goes forward whatever its reads look like so far.
    pub(crate) fn is_forward(self) -> bool {
        matches!(self, ReadPolicy::Sequential | ReadPolicy::WholeFile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_known_name_counts() {
        for (list, expected) in [
            ("", ReadPolicy::Adaptive),
            ("parquet, vector, random, adaptive", ReadPolicy::Random),
            ("quantum,Whole-File", ReadPolicy::WholeFile),
            (" sequential ", ReadPolicy::Sequential),
            ("normal,random", ReadPolicy::Adaptive),
            ("avro", ReadPolicy::Sequential),
            ("nothing", ReadPolicy::Adaptive),
        ] {
            assert_eq!(ReadPolicy::of(list), expected, "{list}");
        }
    }
}

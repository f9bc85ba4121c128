//! Where the cache lies, and how large it may become, when nobody says.
//!
//! Pure: [`PlaceEnv`] is what there is to know, gathered once.

use std::path::{Component, Path, PathBuf};

use crate::directory::Space;

/// What the choice of a default place depends on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlaceEnv {
    /// YARN's `LOCAL_DIRS`, set together with `CONTAINER_ID` in its containers.
    pub yarn_local_dirs: Option<String>,
    /// `spark.local.dir`, where it is private to the user (owned by it, no rights for others).
    pub private_spark_local_dir: Option<PathBuf>,
    /// `XDG_CACHE_HOME`.
    pub xdg_cache_home: Option<PathBuf>,
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// Whether the process runs in a container other than YARN's.
    pub in_container: bool,
    /// Whether `fs.forebay.cache.size` is given.
    pub size_given: bool,
}

impl PlaceEnv {
    /// What this process's surroundings say.
    #[must_use]
    pub fn gather(spark_local_dir: Option<&Path>, size_given: bool) -> PlaceEnv {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let path = |name| variable(name).map(PathBuf::from);
        let yarn = variable("CONTAINER_ID").and_then(|_| variable("LOCAL_DIRS"));
        let marks = ["/.dockerenv", "/run/.containerenv"];
        PlaceEnv {
            yarn_local_dirs: yarn.and_then(|dirs| dirs.into_string().ok()),
            private_spark_local_dir: spark_local_dir
                .filter(|dir| is_private(dir))
                .map(Path::to_owned),
            xdg_cache_home: path("XDG_CACHE_HOME"),
            home: path("HOME"),
            in_container: variable("KUBERNETES_SERVICE_HOST").is_some()
                || marks.iter().any(|mark| Path::new(mark).exists()),
            size_given,
        }
    }
}

fn is_private(directory: &Path) -> bool {
    rustix::fs::stat(directory).is_ok_and(|status| {
        status.st_uid == rustix::process::geteuid().as_raw() && status.st_mode & 0o077 == 0
    })
}

/// The place to use where none is configured; `None` for memory only.
#[must_use]
pub fn default_place(env: &PlaceEnv) -> Option<PathBuf> {
    if let Some(place) = env.yarn_local_dirs.as_deref().and_then(yarn_place) {
        return Some(place);
    }
    if env.in_container && !env.size_given {
        return None;
    }
    let absolute = |path: &PathBuf| path.is_absolute();
    if let Some(local) = env.private_spark_local_dir.as_ref().filter(|path| absolute(path)) {
        return Some(local.join("forebay"));
    }
    let home = || env.home.as_ref().map(|home| home.join(".cache"));
    env.xdg_cache_home.clone().or_else(home).filter(absolute)
}

/// `<local-dir>/usercache/<user>/forebay` of the first local directory by name, whatever their order
/// in this container. Below `appcache` it would die with the application.
fn yarn_place(local_dirs: &str) -> Option<PathBuf> {
    let users = local_dirs.split(',').filter_map(|dir| {
        let dir = Path::new(dir.trim());
        let is_appcache = |part: &Component<'_>| part.as_os_str() == "appcache";
        let upper: PathBuf = dir.components().take_while(|part| !is_appcache(part)).collect();
        let below_usercache = upper.parent().is_some_and(|p| p.ends_with("usercache"));
        (dir.is_absolute() && upper != dir && below_usercache).then_some(upper)
    });
    users.min().map(|user| user.join("forebay"))
}

/// The budget of a directory created without one: half of what is free, and never so much that the
/// disk passes 85 %, since YARN takes a node out at 90 %.
pub(crate) fn default_budget(space: Space) -> u64 {
    let taken = space.total.saturating_sub(space.free);
    let below_mark = (space.total / 100 * 85).saturating_sub(taken);
    (space.free / 2).min(below_mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yarn_gets_a_directory_that_outlives_the_application() {
        let env = PlaceEnv {
            yarn_local_dirs: Some(
                "/d2/nm/usercache/ann/appcache/application_1_2,/d1/nm/usercache/ann/appcache/application_1_2"
                    .to_owned(),
            ),
            in_container: true,
            ..PlaceEnv::default()
        };
        assert_eq!(default_place(&env), Some(PathBuf::from("/d1/nm/usercache/ann/forebay")));
        let odd = PlaceEnv { yarn_local_dirs: Some("/x/appcache/y,rel/usercache/a".into()), ..env };
        assert_eq!(default_place(&odd), None);
    }

    #[test]
    fn then_a_private_spark_directory_then_the_users_cache() {
        let mut env = PlaceEnv {
            private_spark_local_dir: Some("/scratch/ann".into()),
            xdg_cache_home: Some("/home/ann/xdg".into()),
            home: Some("/home/ann".into()),
            ..PlaceEnv::default()
        };
        assert_eq!(default_place(&env), Some("/scratch/ann/forebay".into()));
        env.private_spark_local_dir = None;
        assert_eq!(default_place(&env), Some("/home/ann/xdg".into()));
        env.xdg_cache_home = None;
        assert_eq!(default_place(&env), Some("/home/ann/.cache".into()));
        env.in_container = true;
        assert_eq!(default_place(&env), None, "a container's disk is not ours to fill unasked");
        env.size_given = true;
        assert_eq!(default_place(&env), Some("/home/ann/.cache".into()));
    }

    #[test]
    fn the_default_budget_leaves_the_disk_below_85_percent() {
        let space = |total, free| Space { total, free, block: 4096 };
        assert_eq!(default_budget(space(1000, 900)), 450);
        assert_eq!(default_budget(space(1000, 200)), 50);
        assert_eq!(default_budget(space(1000, 100)), 0);
    }
}

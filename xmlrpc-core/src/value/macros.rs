//! The `value!` macro.

/// Makes a [`Value`](crate::Value) from something that looks like JSON.
///
/// `[…]` is an array, `{ "name": … }` a struct, `nil` nil; anything else is an expression of a type that has
/// `Into<Value>`. Member names may be expressions in parentheses.
///
/// # Examples
///
/// ```
/// use xmlrpc_core::{Value, value};
///
/// let key = "larry";
/// let value = value!({
///     "moe": 1,
///     (key): [true, "x", -1.5, nil, { "deep": [] }],
/// });
/// assert_eq!(value["moe"], Value::Int(1));
/// assert_eq!(value["larry"][3], Value::Nil);
/// ```
#[macro_export]
macro_rules! value {
    // An array, element by element; [done] gathers what is finished.
    (@array [$($done:expr,)*]) => { vec![$($done,)*] };
    (@array [$($done:expr,)*] nil $(, $($rest:tt)*)?) => {
        $crate::value!(@array [$($done,)* $crate::value!(nil),] $($($rest)*)?)
    };
    (@array [$($done:expr,)*] [$($inner:tt)*] $(, $($rest:tt)*)?) => {
        $crate::value!(@array [$($done,)* $crate::value!([$($inner)*]),] $($($rest)*)?)
    };
    (@array [$($done:expr,)*] {$($inner:tt)*} $(, $($rest:tt)*)?) => {
        $crate::value!(@array [$($done,)* $crate::value!({$($inner)*}),] $($($rest)*)?)
    };
    (@array [$($done:expr,)*] $next:expr $(, $($rest:tt)*)?) => {
        $crate::value!(@array [$($done,)* $crate::value!($next),] $($($rest)*)?)
    };

    // A struct, member by member.
    (@struct $members:ident) => {};
    (@struct $members:ident $name:literal : $($rest:tt)*) => { $crate::value!(@member $members $name, $($rest)*) };
    (@struct $members:ident ($name:expr) : $($rest:tt)*) => { $crate::value!(@member $members $name, $($rest)*) };
    (@member $members:ident $name:expr, nil $(, $($rest:tt)*)?) => {
        $members.insert($name, $crate::value!(nil));
        $crate::value!(@struct $members $($($rest)*)?);
    };
    (@member $members:ident $name:expr, [$($inner:tt)*] $(, $($rest:tt)*)?) => {
        $members.insert($name, $crate::value!([$($inner)*]));
        $crate::value!(@struct $members $($($rest)*)?);
    };
    (@member $members:ident $name:expr, {$($inner:tt)*} $(, $($rest:tt)*)?) => {
        $members.insert($name, $crate::value!({$($inner)*}));
        $crate::value!(@struct $members $($($rest)*)?);
    };
    (@member $members:ident $name:expr, $value:expr $(, $($rest:tt)*)?) => {
        $members.insert($name, $crate::value!($value));
        $crate::value!(@struct $members $($($rest)*)?);
    };

    (nil) => { $crate::Value::Nil };
    ([]) => { $crate::Value::Array($crate::Array::new()) };
    ([$($elements:tt)+]) => { $crate::Value::Array($crate::Array::from($crate::value!(@array [] $($elements)+))) };
    ({}) => { $crate::Value::Struct($crate::Struct::new()) };
    ({$($members:tt)+}) => {{
        let mut members = $crate::Struct::new();
        $crate::value!(@struct members $($members)+);
        $crate::Value::Struct(members)
    }};
    ($other:expr) => { $crate::Value::from($other) };
}

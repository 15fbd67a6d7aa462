// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";

/** The year from March, 0 in 1968, of the day `sinceMarch1968`. */
function marchYear(sinceMarch1968) {
    // Leap days, which end every fourth year but for 2100, make the quotient one too high at times.
    var year = sinceMarch1968 \ 365;
    if (365 * year + year \ 4 - (year >= 132) > sinceMarch1968) year -= 1;
    return year;
}

/** The month from March, 0 to 11, of that day. Source: Zeller's 153 days in five months. */
function marchMonth(sinceMarch1968) {
    var year = sinceMarch1968 \ 365;
    if (365 * year + year \ 4 - (year >= 132) > sinceMarch1968) year -= 1;
    return (5 * (sinceMarch1968 - (365 * year + year \ 4 - (year >= 132))) + 2) \ 153;
}

/**
 * Months since January 1970 (UTC) of a Unix day.
 *
 * Years begin in March here, so that the leap day is a year's last. Year, month and day of the month are
 * hints; a day has exactly one such triple with the day of the month inside its month.
 *
 * Twin: protocol/calendar.ts monthOf. Spec: docs/spec/audit-records.md.
 * Caller must: keep `day` in 16 bits (to 2149; 2100 is the only exception to the fourth year).
 */
template MonthOfDay() {
    signal input day;                        // {u16}
    signal output month;                     // {u12}

    // Days from 1 March 1968 to 1 January 1970.
    var OFFSET = 671;
    // First day of each month in a year from March, and lengths; February gets its leap day below.
    var STARTS[12] = [0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 306, 337];
    var LENGTHS[12] = [31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28];

    // Hints: bound by the day of the month at the end.
    var yearHint = marchYear(day + OFFSET);
    signal year <-- yearHint;
    signal yearBits[8] <== Num2Bits(8)(year);
    var quarter = 0;                         // floor(year / 4)
    for (var i = 2; i < 8; i++) quarter += yearBits[i] * (1 << (i - 2));
    signal isFourth <== yearBits[0] * yearBits[1];
    // Year 131 ends with February 2100, which has 28 days.
    signal isTo2100 <== IsEqual()([year, 131]);
    signal isPast2100 <== LessThan(8)([131, year]);

    signal isMonth[12];
    var hint = marchMonth(day + OFFSET);
    var one = 0;
    var monthOfYear = 0;
    var start = 0;
    var length = 0;
    for (var m = 0; m < 12; m++) {
        isMonth[m] <-- hint == m;
        isMonth[m] * (isMonth[m] - 1) === 0;
        one += isMonth[m];
        monthOfYear += m * isMonth[m];
        start += STARTS[m] * isMonth[m];
        length += LENGTHS[m] * isMonth[m];
    }
    one === 1;
    signal leapDay <== isMonth[11] * (isFourth - isTo2100);

    var dayOfMonth = day + OFFSET - 365 * year - quarter + isPast2100 - start;
    _ <== Num2Bits(5)(dayOfMonth);
    _ <== Num2Bits(5)(length + leapDay - 1 - dayOfMonth);

    // January 1970 is month 10 of year 1.
    month <== 12 * year + monthOfYear - 22;
}

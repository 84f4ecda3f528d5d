export const nameParts = '2200|N|mohammad muhammad محمد';

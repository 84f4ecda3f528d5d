/**
 * Parts of made-up names, as they vary in the files of a host: the same part in Dari or Pashto
 * script and in several Latin spellings. Common parts, none of them anybody's own.
 */
export interface NamePart {
  readonly native: string;
  readonly latin: readonly string[];
}

const part = (native: string, ...latin: string[]): NamePart => ({ native, latin });

export const menNames: readonly NamePart[] = [
  part('محمد', 'Mohammad', 'Muhammad', 'Mohd', 'Mohammed'),
  part('احمد', 'Ahmad', 'Ahmed'),
  part('عبدالکریم', 'Abdul Karim', 'Abdulkarim', 'Abdul Kareem'),
  part('عبدالرحمن', 'Abdul Rahman', 'Abdurrahman', 'Abdurahman'),
  part('نجیب الله', 'Najibullah', 'Najib Ullah', 'Najeebullah'),
  part('حبیب الله', 'Habibullah', 'Habib Ullah'),
  part('شمس الدین', 'Shamsuddin', 'Shams ud Din', 'Shamsudin'),
  part('غلام علی', 'Ghulam Ali', 'Gholam Ali'),
  part('رحیم', 'Rahim', 'Raheem'),
  part('فرید', 'Farid', 'Fareed'),
  part('جاوید', 'Jawid', 'Javid', 'Jaweed'),
  part('یوسف', 'Yusuf', 'Yousof', 'Yosuf'),
  part('ابراهیم', 'Ibrahim', 'Ebrahim'),
  part('اسماعیل', 'Ismail', 'Esmail', 'Ismael'),
  part('حسین', 'Hussain', 'Hossein', 'Husain'),
  part('میرویس', 'Mirwais', 'Mirways'),
  part('زلمی', 'Zalmai', 'Zalmay'),
  part('توریالی', 'Toryalai', 'Turialay'),
  part('گل آقا', 'Gul Agha', 'Gulagha'),
  part('نصیر', 'Nasir', 'Naseer', 'Nasser'),
  part('قاسم', 'Qasim', 'Qasem', 'Kasim'),
  part('همایون', 'Humayun', 'Homayoon', 'Homayun'),
  part('بسم الله', 'Bismillah', 'Besmellah'),
  part('خان محمد', 'Khan Mohammad', 'Khan Muhammad'),
  part('پاينده', 'Payenda', 'Payinda'),
];

export const womenNames: readonly NamePart[] = [
  part('زهرا', 'Zahra', 'Zohra', 'Zehra'),
  part('فاطمه', 'Fatima', 'Fatema', 'Fatemeh'),
  part('مریم', 'Maryam', 'Mariam', 'Marium'),
  part('شکریه', 'Shukria', 'Shokria', 'Shokriya'),
  part('نرگس', 'Nargis', 'Narges'),
  part('زرغونه', 'Zarghuna', 'Zarghoona'),
  part('ملالی', 'Malalai', 'Malalay', 'Malaly'),
  part('سپوږمۍ', 'Spozhmai', 'Spogmai', 'Spojmai'),
  part('پلوشه', 'Palwasha', 'Palwashah', 'Pelwasha'),
  part('گلالی', 'Gulalai', 'Golalai'),
  part('لیلا', 'Laila', 'Leila', 'Layla'),
  part('معصومه', 'Masuma', 'Masooma', 'Masouma'),
  part('شگوفه', 'Shogufa', 'Shagofa', 'Shigufa'),
  part('حمیده', 'Hamida', 'Hameeda'),
  part('بی بی گل', 'Bibi Gul', 'Bibigul', 'Bibi Gol'),
  part('نسرین', 'Nasrin', 'Nasreen'),
  part('ثریا', 'Soraya', 'Suraya', 'Sorayya'),
  part('عایشه', 'Aisha', 'Ayesha', 'Aysha'),
  part('خدیجه', 'Khadija', 'Khadijah'),
  part('وږمه', 'Wagma', 'Wazhma', 'Wajma'),
];

export const familyNames: readonly NamePart[] = [
  part('احمدی', 'Ahmadi', 'Ahmady'),
  part('کریمی', 'Karimi', 'Kareemi'),
  part('رحیمی', 'Rahimi', 'Raheemi'),
  part('حیدری', 'Haidari', 'Heydari', 'Haidary'),
  part('نوری', 'Noori', 'Nuri', 'Noory'),
  part('صدیقی', 'Sediqi', 'Siddiqi', 'Sadiqi'),
  part('یوسفزی', 'Yousafzai', 'Yusufzai', 'Yosufzay'),
  part('احمدزی', 'Ahmadzai', 'Ahmadzay', 'Ahmadzi'),
  part('ستانکزی', 'Stanikzai', 'Stanekzai', 'Stanakzai'),
  part('هوتک', 'Hotak', 'Hotaki'),
  part('وردک', 'Wardak', 'Wardag'),
  part('پوپل', 'Popal', 'Popalzai'),
  part('رضایی', 'Rezai', 'Rezaie', 'Razayee'),
  part('حسن‌زاده', 'Hassanzada', 'Hasan Zadah', 'Hasanzadeh'),
  part('امیری', 'Amiri', 'Ameri'),
  part('مومند', 'Mohmand', 'Momand'),
  part('اڅکزی', 'Achakzai', 'Atsakzai'),
  part('بارکزی', 'Barakzai', 'Barikzay'),
  part('لودین', 'Lodin', 'Ludin'),
  part('فیضی', 'Faizi', 'Fayzi'),
  part('عثمانی', 'Osmani', 'Usmani'),
  part('نیکزاد', 'Nikzad', 'Neekzad'),
];

export const menTitles: readonly NamePart[] = [
  part('حاجی', 'Haji', 'Hajji', 'Al-Haj'),
  part('انجنیر', 'Eng.', 'Engineer'),
  part('داکتر', 'Dr', 'Dr.'),
  part('مولوی', 'Mawlawi', 'Maulavi'),
  part('سید', 'Sayed', 'Sayyid', 'Said'),
  part('قاضی', 'Qazi', 'Judge'),
];
export const womenTitles: readonly NamePart[] = [
  part('بی بی', 'Bibi'),
  part('داکتر', 'Dr', 'Dr.'),
  part('قاضی', 'Qazi', 'Judge'),
  part('سیده', 'Sayeda', 'Sayyida'),
];
